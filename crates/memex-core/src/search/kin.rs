//! English words of everyday life that are asked for by one name and written down by another.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::languages::Language;
use super::stems::Stems;

/// Groups of kin, from general knowledge; a word may be in several.
const GROUPS: &str = "mother mom mum mommy mama|father dad daddy papa|parent mother father mom dad|grandmother grandma granny|\
        grandfather grandpa|child kid son daughter baby toddler|brother sister sibling|husband wife spouse \
        partner|marry wedding marriage bride groom engaged engagement|boyfriend girlfriend partner dating|friend \
        buddy pal friendship|relative family cousin aunt uncle|pet dog cat puppy kitten|dog puppy pup|cat kitten|\
        movie film cinema|show series tv television|book novel read author|write author poem story essay blog \
        journal|music song band concert guitar piano sing album|instrument guitar piano violin drum|paint painting \
        art artist draw drawing sketch|picture photo photograph photography image|job work career profession \
        occupation employ employer|boss manager|company business firm startup shop store|colleague coworker|\
        promote promotion raise|study learn class course school college university degree|education school college \
        university degree study|major degree|teach lesson tutor teacher instructor|exam test|trip travel vacation \
        holiday journey visit tour|visit go travel|country nation abroad|city town|hike hiking trail trek \
        mountain|camp camping tent|beach ocean sea coast|nature outdoors forest park wildlife|house home apartment \
        flat|move relocate|car vehicle drive|bike bicycle cycling|eat food meal dinner lunch breakfast dish|cook \
        bake recipe cooking|dessert cake cookie pie sweet chocolate|drink coffee tea beer wine|restaurant cafe \
        diner|exercise workout gym fitness train yoga run|sport game team basketball football soccer tennis|run \
        marathon jog race|win prize award trophy champion victory|compete competition contest tournament match|\
        team club league|health illness sick disease doctor hospital medical|doctor physician hospital clinic|\
        injure hurt injury accident|sad upset grief depressed|happy joy glad excited|afraid fear scared scary \
        anxious anxiety nervous|stress pressure anxiety overwhelm|relax calm unwind rest peace destress|love like \
        enjoy passion favorite adore|favorite prefer favourite|hobby interest pastime activity passion|activity \
        event hobby|plan goal intend aim hope dream want|dream aspire goal ambition|begin start launch|end finish \
        complete stop quit|buy purchase get acquire|sell sale|gift present|give donate donation|money financial \
        finance budget fund|charity volunteer donate nonprofit fundraiser|help support assist aid|problem \
        challenge difficulty issue struggle obstacle setback|overcome cope handle manage|advice tip suggestion \
        recommend suggest advise|think opinion believe feel view|decide decision choose|try attempt|make create \
        build craft|fix repair|grow garden plant flower|talk speak conversation discuss chat|speech talk \
        presentation|meet encounter|party celebrate celebration birthday festival|event festival conference \
        meeting gathering|church religion faith religious god spiritual|politics political politician election \
        campaign vote|war military army soldier veteran|law legal lawyer court|computer laptop software \
        programming code|phone call|game gaming videogame|internet online website blog|social media instagram|\
        picture portrait|clothes clothing dress outfit fashion shirt|shoe boot sneaker|color colour|necklace \
        jewelry ring bracelet|die death pass lose funeral|born birth birthday|age old year|remember memory \
        reminder remind|motivate inspire inspiration motivation encourage|encourage support|kind kindness \
        compassion|proud pride|group community club organization|city urban|weather rain snow storm sun|summer \
        winter season|morning evening night|child childhood young|stuff item object|toy doll|animal wildlife pet|\
        dance dancing dancer ballet|theater theatre play drama|actor actress|museum gallery exhibit exhibition|\
        language spanish french german english|adopt adoption|therapy therapist counseling counselor|meditate \
        meditation mindfulness yoga|diet nutrition healthy|weight lose|smoke smoking cigarette|sleep insomnia|\
        break fracture|road drive roadtrip|flight fly plane airport|boat sail kayak ship|swim pool swimming|ski \
        snowboard snow|fish fishing|climb climbing|bird owl eagle parrot|turtle reptile snake lizard|horse pony|\
        lake river waterfall|view scenery landscape sunset|star sky moon|science physics chemistry biology \
        research|research investigate study|invest investment|rent lease landlord|furniture table chair couch \
        sofa|neighbor neighbour neighborhood|police crime|safe safety security|goal target|skill ability talent|\
        improve better enhance progress|collect collection|watch see view|listen hear|receive get|share tell";

/// The groups that each stem is in.
static GROUPS_OF: LazyLock<HashMap<String, HashSet<usize>>> = LazyLock::new(|| {
    let stems = Stems::new();
    let mut of: HashMap<String, HashSet<usize>> = HashMap::new();
    for (i, group) in GROUPS.split('|').enumerate() {
        for word in group.split_whitespace() {
            of.entry(stems.stem(word, Language::English)).or_default().insert(i);
        }
    }
    of
});

/// Whether two stems are different words of one group.
pub(super) fn are(one: &str, other: &str) -> bool {
    let groups = GROUPS_OF.get(one).zip(GROUPS_OF.get(other));
    one != other && groups.is_some_and(|(one, other)| !one.is_disjoint(other))
}

#[cfg(test)]
mod tests {
    use crate::search::{Weights, search};

    #[test]
    fn kin_of_a_word_find_its_line_and_the_word_itself_comes_first() {
        let texts = ["- The puppy sleeps here.\n", "- The dog sleeps there.\n", "- The rent is due.\n"];
        let found =
            |query| search(&texts, query, 10, &Weights::default()).iter().map(|one| one.text).collect::<Vec<_>>();
        assert_eq!(found("Where is the dog?"), [1, 0]);
        assert_eq!(found("Where is the puppy?"), [0, 1]);
    }
}
