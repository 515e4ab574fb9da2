//! What kinds of characters there are, as the rules of paths, ids and texts ask for them.

use unicode_properties::{GeneralCategory, UnicodeEmoji, UnicodeGeneralCategory};

/// Whether it steers the direction in which text is shown: what is read is then not what is stored.
pub(crate) fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Whether it is a tag character: an invisible copy of ASCII, in use to smuggle instructions.
pub(crate) fn is_tag(c: char) -> bool {
    matches!(c, '\u{E0000}'..='\u{E007F}')
}

/// Whether it chooses a variant of the character before it.
pub(crate) fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{180B}'..='\u{180D}' | '\u{180F}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// Whether it leaves no mark: tags, bidirectional controls, variation selectors, zero-width and filler characters
/// (Unicode's `Default_Ignorable_Code_Point`, the annotation characters, and the byte-order mark).
pub(crate) fn is_invisible(c: char) -> bool {
    is_bidi_control(c)
        || is_tag(c)
        || is_variation_selector(c)
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180E}'
            | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0080}'..='\u{E00FF}' | '\u{E01F0}'..='\u{E0FFF}')
}

/// Whether it shows, on the line where it stands: no control, format, private-use, unassigned or invisible character,
/// no line or paragraph separator. Spaces count as printable.
pub(crate) fn is_printable(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Surrogate, Unassigned};
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    !is_invisible(c)
        && !matches!(
            c.general_category(),
            Control | Format | LineSeparator | ParagraphSeparator | PrivateUse | Surrogate | Unassigned
        )
}

/// Whether it is a space other than the ordinary one, or shows like one.
pub(crate) fn is_odd_space(c: char) -> bool {
    c == '\u{2800}' || (c != ' ' && c.general_category() == GeneralCategory::SpaceSeparator)
}

/// Whether it attaches to the character before it.
pub(crate) fn is_combining(c: char) -> bool {
    use GeneralCategory::{EnclosingMark, NonspacingMark, SpacingMark};
    matches!(c.general_category(), NonspacingMark | SpacingMark | EnclosingMark)
}

/// Whether it is shown as an emoji, or can be: digits, `#` and `*`, which only make keycaps, are not.
pub(crate) fn is_emoji(c: char) -> bool {
    !c.is_ascii() && c.is_emoji_char()
}

/// Whether it gives the emoji before it a skin tone.
pub(crate) fn is_skin_tone(c: char) -> bool {
    matches!(c, '\u{1F3FB}'..='\u{1F3FF}')
}
