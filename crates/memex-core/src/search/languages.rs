//! Which language a text in Latin letters is most likely in, by the small words that it uses.

use std::collections::HashMap;
use std::sync::LazyLock;

use rust_stemmers::Algorithm;

use super::words::{each_word, lower};

/// A language that is stemmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Language {
    English,
    German,
    French,
    Spanish,
    Italian,
    Portuguese,
    Dutch,
}

/// Looked at to tell the language.
const SAMPLE_BYTES: usize = 4_000;

const ALL: [(Language, &str); 7] = [
    (
        Language::English,
        "a an the of to in on at for and or but with by from as is are was were be been it its this that these those \
        he she they his her their him them i me my we us our you your has have had do does did doing what when where which \
        who whom whose why how will would can could should may might about into than then there so if not no some any",
    ),
    (
        Language::German,
        "der die das den dem des ein eine einen einem einer eines und oder aber mit von zu zum zur im in am an auf aus bei \
        für ist sind war waren wird werden hat haben hatte er sie es ich du wir ihr ihm ihn sein seine mein meine dein was wer \
        wo wann wie warum welche welcher welches wohin woher nicht kein keine als auch nach nur noch über um dass sich",
    ),
    (
        Language::French,
        "le la les l un une des du de d et ou mais avec dans sur pour par est sont était a ont avait il elle ils elles je tu \
        nous vous son sa ses mon ma mes que qui quoi quand où comment pourquoi quel quelle ne pas ce cette ces au aux se en y",
    ),
    (
        Language::Spanish,
        "el la los las un una unos unas de del y o pero con en por para es son era fue ha han él ella yo tú nosotros su sus mi \
        mis que qué quién cuándo dónde cómo cuál no se lo le al a este esta como más",
    ),
    (
        Language::Italian,
        "il lo la i gli le un una di del della dei delle e o ma con in nel nella su per da dal è sono era ha hanno lui lei io tu \
        noi suo sua mio mia che chi cosa quando dove come perché quale non si al alla questo questa",
    ),
    (
        Language::Portuguese,
        "o a os as um uma de do da dos das e ou mas com em no na nos nas por para é são era foi tem têm ele ela eu tu nós seu \
        sua meu minha que quem quando onde como qual não se ao à este esta",
    ),
    (
        Language::Dutch,
        "de het een en of maar met van in op aan voor bij uit naar is zijn was waren heeft hebben had hij zij ze ik jij wij we \
        haar hem mijn wat wie waar wanneer hoe waarom welke niet geen ook dat die dit deze om te er",
    ),
];

/// No small word has more bytes.
const LONGEST: usize = 8;

/// The small words, with a bit for each language that has them.
static SMALL: LazyLock<HashMap<&str, u8>> = LazyLock::new(|| {
    let mut of = HashMap::new();
    for (i, (_, words)) in ALL.iter().enumerate() {
        words.split_whitespace().for_each(|word| *of.entry(word).or_default() |= 1 << i);
    }
    of
});

impl Language {
    /// The likeliest; English where nothing tells.
    pub(super) fn of(text: &str) -> Self {
        let mut counts = [0_u32; ALL.len()];
        each_word(&text[..text.floor_char_boundary(SAMPLE_BYTES)], |_, word| {
            if word.len() > LONGEST {
                return;
            }
            let of = SMALL.get(word).or_else(|| SMALL.get(lower(word).as_str())).copied().unwrap_or(0);
            for (i, count) in counts.iter_mut().enumerate() {
                *count += u32::from(of >> i & 1);
            }
        });
        let mut best = 0;
        for (i, count) in counts.iter().enumerate() {
            if *count > counts[best] {
                best = i;
            }
        }
        ALL[best].0
    }

    /// Its stemmer.
    pub(super) fn algorithm(self) -> Algorithm {
        match self {
            Self::English => Algorithm::English,
            Self::German => Algorithm::German,
            Self::French => Algorithm::French,
            Self::Spanish => Algorithm::Spanish,
            Self::Italian => Algorithm::Italian,
            Self::Portuguese => Algorithm::Portuguese,
            Self::Dutch => Algorithm::Dutch,
        }
    }

    /// Whether a word in lower case says nothing by itself.
    pub(super) fn is_small(self, word: &str) -> bool {
        let i = ALL.iter().position(|(one, _)| *one == self);
        i.is_some_and(|i| SMALL.get(word).is_some_and(|of| of >> i & 1 == 1))
    }
}

/// Whether an English word in lower case belongs to the question rather than to what is asked for.
pub(super) fn is_of_questions(word: &str) -> bool {
    const WORDS: &str = "after before during while again also just very really much many more most other such own same each \
        both few all kind type sort ever been being having get got gets getting said says like likely often long ago still \
        yet since until between through over under out up down off currently recently usually something thing things \
        someone one two way ways lot";
    WORDS.split_whitespace().any(|one| one == word)
}
