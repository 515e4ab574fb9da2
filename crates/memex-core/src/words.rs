//! One way to write the small enums that stand in columns, messages and logs: a word and a stable code each.

/// Declares an enum whose variants have a word (`as_str`, `parse`, `Display`) and a code that a column keeps.
///
/// A code is never given to another variant: rows outlive the code that wrote them.
macro_rules! word_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $code:literal $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
        }

        impl $name {
            /// Every variant, in the order of declaration.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The word for it in columns, messages, flags and logs.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }

            /// The variant that `word` names, byte for byte; `None` for any other word.
            pub fn parse(word: &str) -> Option<$name> {
                match word { $($word => Some($name::$variant),)+ _ => None }
            }

            /// The number that stands for it in the database; it never changes its meaning.
            pub const fn code(self) -> i16 {
                match self { $($name::$variant => $code,)+ }
            }

            /// The variant with this `code`; `None` for a code that this version does not know.
            pub const fn from_code(code: i16) -> Option<$name> {
                match code { $($code => Some($name::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use word_enum;
