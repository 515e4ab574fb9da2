//! The lists that each language's file has; `words/README.md` says what each holds.

macro_rules! lists {
    ($($name:ident = $path:literal),+ $(,)?) => {
        /// A list of a language's file.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) enum List {
            $(#[doc = concat!("`", $path, "`")] $name),+
        }

        impl List {
            /// Every list.
            pub const ALL: [Self; [$($path),+].len()] = [$(Self::$name),+];

            /// Table and key in the file: `text.leads`.
            pub fn path(self) -> &'static str {
                match self {
                    $(Self::$name => $path),+
                }
            }
        }
    };
}

lists! {
    Leads = "text.leads",
    Secrets = "text.secrets",
    Keys = "text.keys",
    Articles = "text.articles",
    ArticleCountsBefore = "text.article_counts_before",
    Numbers = "text.numbers",
    Contractions = "text.contractions",
    Months = "text.months",
    Weekdays = "text.weekdays",
    Empty = "context.empty",
    EmptyHigh = "context.empty_high",
    Numbered = "context.numbered",
    Occasions = "context.occasions",
    Diaries = "context.diaries",
    Topics = "context.topics",
    Joining = "context.joining",
    Archived = "context.archived",
    Suppose = "context.suppose",
    Reference = "context.reference",
    ReferenceBeforeVerb = "context.reference_before_verb",
    Above = "context.above",
    AboveNotAfter = "context.above_not_after",
    These = "context.these",
    Retractions = "context.retractions",
    Corrections = "context.corrections",
    Openings = "context.openings",
    Dissent = "context.dissent",
    Below = "context.below",
    Replies = "context.replies",
    State = "verbs.state",
    Be = "verbs.be",
    Action = "verbs.action",
    OfADay = "verbs.of_a_day",
    Plain = "verbs.plain",
    Past = "verbs.past",
    PastEndings = "verbs.past_endings",
    Participles = "verbs.participles",
    Perfect = "verbs.perfect",
    Future = "verbs.future",
    Progressive = "verbs.progressive",
    ProgressiveEndings = "verbs.progressive_endings",
    Steady = "verbs.steady",
    AlsoNouns = "verbs.also_nouns",
    Adjectives = "fit.adjectives",
    Instructions = "fit.instructions",
    InstructionMarks = "fit.instruction_marks",
    LastingKeys = "fit.lasting_keys",
    DailyKeys = "fit.daily_keys",
    Habit = "fit.habit",
    Frequency = "fit.frequency",
    Every = "fit.every",
    TimeUnits = "fit.time_units",
    RelativeDays = "fit.relative_days",
    Passing = "fit.passing",
    Measures = "fit.measures",
    Doses = "fit.doses",
    Medicines = "fit.medicines",
    Labelled = "fit.labelled",
    Payments = "fit.payments",
    SelfWords = "subject.self",
    User = "subject.user",
    Of = "subject.of",
    Prepositions = "subject.prepositions",
    And = "subject.and",
    SharedVerbs = "subject.shared_verbs",
    Nouns = "subject.nouns",
    Titles = "subject.titles",
    Surnames = "subject.surnames",
    TopicMarks = "subject.topic_marks",
    Function = "words.function",
}

impl List {
    /// Whether its entries read `word=value`.
    pub fn has_values(self) -> bool {
        matches!(self, Self::Numbers | Self::Contractions | Self::Months | Self::Weekdays)
    }

    /// Whether its entries are endings of words and no words.
    pub fn is_of_endings(self) -> bool {
        matches!(self, Self::PastEndings | Self::ProgressiveEndings)
    }

    /// Whether a word of it is a form of a verb.
    pub fn is_verb(self) -> bool {
        matches!(
            self,
            Self::State | Self::Action | Self::Plain | Self::Past | Self::Participles | Self::Perfect | Self::Future
        )
    }
}
