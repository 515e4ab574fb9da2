//! Which statements hold, and which name their subject.

use super::*;
use crate::text::strict;

fn of(text: &str) -> Fitness {
    Fitness::of(&strict(text))
}

fn holds(text: &str) -> bool {
    of(text).says != Says::Event
}

#[test]
fn a_verb_of_state_or_habit_in_the_present_holds() {
    for text in [
        "Ann lives in Oslo",
        "Ann likes green tea",
        "Ann has two cats",
        "Ann is vegetarian",
        "Ann is allergic to peanuts",
        "Ann does not eat meat",
        "The cat of Ann is called Miso",
        "My brother lives in Oslo",
        "Ann plays tennis on Sundays",
        "Ann always takes 5 mg in the morning",
        "Ann pays 40 euros every month",
        "Ann intends to learn Danish",
        "Ann's goal is to learn Danish",
        "Ann hates waiting",
        "Ann plans an open day in spring",
        "Ann's class is 8D and her gate is 5C",
        "Ann wants to know the town better and possibly moving costs",
        "Ann's dogs love the beach",
        "Ann's shop works on old bicycles",
        "I'm a nurse",
        "Jana wohnt in Bremen",
        "Marie habite à Lyon",
        "Ana vive en Sevilla",
        "Anna vive a Torino",
        "Ana mora em Recife",
        "私は東京に住んでいます",
        "我住在北京",
    ] {
        assert_eq!(of(text).says, Says::State, "{text}");
    }
}

#[test]
fn an_adjective_alone_holds() {
    for text in ["Vegetarian", "Allergic to peanuts", "Left-handed"] {
        assert_eq!(of(text).says, Says::Attribute, "{text}");
    }
}

#[test]
fn a_standing_instruction_holds_and_one_act_does_not() {
    for text in [
        "Always answer Ann in French",
        "Never call Ann before nine",
        "Always use the editor's split view",
        "From now on, use tabs",
        "Do not use emoji",
        "Prefer tabs instead of spaces",
        "Use tabs for the Makefile",
    ] {
        assert_eq!(of(text).says, Says::Instruction, "{text}");
    }
    for text in ["Always", "Stir for ten minutes", "Call the dentist", "Add the flour"] {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn a_key_holds_where_its_value_lasts() {
    for text in ["City: Oslo", "Birthday: 3 May", "Blood group: A+", "Shoe size: 38"] {
        assert_eq!(of(text).says, Says::Field, "{text}");
    }
    for text in ["Mood: good", "Sleep: bad", "Weight: 61", "Weather: rain", "Build: green", "Zyx: qwv", "City:"] {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn what_was_will_be_or_is_going_on_is_an_event() {
    for text in [
        "Ann moved to Oslo",
        "Ann is having lunch",
        "I'm being silly",
        "Ann was in Oslo",
        "Ann went to Rome",
        "Ann has moved to Oslo",
        "Ann has been ill",
        "Ann will move to Oslo",
        "Ann is going to move to Oslo",
        "Ann might move to Oslo",
        "Ann is moving to Oslo",
        "Ann is still waiting for the plumber",
        "Ann froobled the sink",
        "Jana ist nach Bremen gezogen",
        "Jana wird nach Bremen ziehen",
        "Marie a déménagé à Lyon",
        "Ana se mudó a Sevilla",
        "私は東京に住んでいました",
    ] {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn measures_doses_payments_and_passing_states_are_events() {
    for text in [
        "Ann takes 5 mg of Zoloft",
        "Ann takes 5mg of Zoloft",
        "Ann weighs 60 kg",
        "Ann pays 40 euros",
        "Ann owes $40",
        "Ann owns 40% of it",
        "Ann prefers 21 °C",
        "Ann's tea is 60C",
        "Ann enjoys a 5K",
        "Ann is ill",
        "Ann is very tired",
        "Ann has a fever",
        "Ann is away",
        "Ann is on call",
        "Ann is in Oslo",
        "Ann is at Bob's",
        "Ann is at home",
        "I'm at the door",
        "The shop is closed",
        "Ann has an appointment",
        "Ann has her exam",
        "Ann attends the meeting",
        "Ann needs surgery",
        "Ann likes tea and will maybe open a shop",
        "Ann likes tea today",
        "Ann lives in Oslo now",
    ] {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn what_is_always_so_holds_in_spite_of_a_number_or_a_passing_word() {
    for text in ["Ann is often ill", "Ann always takes 5 mg", "Ann is usually away", "Ann is tired every Monday"] {
        assert!(holds(text), "{text}");
    }
    for text in ["Ann is ill in every way", "Ann is tired of every word"] {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn what_no_rule_knows_is_an_event() {
    for text in ["Zyx qwv", "coffee", "the garden", "Ann", "42", "زيد يحب الشاي"] {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn a_name_i_my_or_the_user_names_the_subject() {
    for text in [
        "Ann lives in Oslo",
        "Ann Miller lives in Oslo",
        "Ann and Bob live in Oslo",
        "I live in Oslo",
        "My brother lives in Oslo",
        "I'm a nurse",
        "Trait: I'm good with old people",
        "The user lives in Oslo",
        "The cat of Ann is called Miso",
        "Ann's manager lives in Oslo",
        "The old cat of Ann prefers fish",
        "Always answer Ann in good French",
        "Do not call me before nine",
        "Jana wohnt in Bremen",
        "Der Hund von Jana ist alt",
        "Marie habite à Lyon",
        "Ana vive en Sevilla",
        "私は東京に住んでいます",
        "田中さんは東京に住んでいます",
        "我住在北京",
    ] {
        assert!(of(text).names_subject, "{text}");
    }
}

#[test]
fn an_article_a_common_noun_or_a_name_beside_the_subject_names_nothing() {
    for text in [
        "The dog prefers fish",
        "This house is old",
        "We live in Oslo",
        "Our server is old",
        "Likes green tea",
        "Vegetarian",
        "City: Oslo",
        "09:30 The dog prefers fish",
        "09:30 Our server is old",
        "Reminder: the dog prefers fish",
        "~~FYI, Our server is old~~",
        "~~3 November 2026 - Breakfast is early~~",
        "~~FYI, The man near Ada likes green tea~~",
        "Reminder: Unser Server ist alt",
        "Remark: La maison est vieille",
        "The dog near Ann prefers fish",
        "The shop in Oslo is old",
        "Monday is a holiday",
        "May is the best month",
        "Dogs like fish",
        "Breakfast is at eight",
        "Green tea is good",
        "It's a patient dog",
        "Neighbours have a key",
        "Always answer in French",
        "Der Hund ist alt",
        "Die Firma hat ein Büro",
        "Le chien est vieux",
        "El perro es viejo",
    ] {
        assert!(!of(text).names_subject, "{text}");
    }
}

#[test]
fn a_verb_of_action_is_of_its_day_unless_it_is_a_habit() {
    for text in [
        "Ann plays tennis",
        "Ann takes the bus",
        "Ann runs in the park",
        "Ann weighs the parcel",
        "Jana kauft Brot",
        "Ana va al mercado",
    ] {
        assert!(of(text).of_a_day, "{text}");
    }
    for text in [
        "Ann plays tennis on Sundays",
        "Ann always takes the bus",
        "Ann lives in Oslo",
        "Ann likes tea",
        "Ann knits scarves",
        "Always ask Ann first",
    ] {
        assert!(!of(text).of_a_day, "{text}");
    }
}

#[test]
fn an_event_with_a_day_of_its_own_may_be_a_copy_and_a_dose_may_not() {
    for text in ["Ann moved to Oslo on 3 May 2024", "Ann was born on 1990-05-03"] {
        assert!(of(text).own_day, "{text}");
    }
    for text in [
        "Ann moved to Oslo",
        "Ann moved to Oslo in May 2024",
        "Ann took 5 mg on 3 May 2024",
        "Ann paid 40 euros on 3 May 2024",
        "Ann ran 5 km on 3 May 2024",
        "Ann took Ritalin on 3 May 2024",
        "Ann gave Ben 40 on 3 May 2024",
        "Jana nahm Ibuprofen am 3. Mai 2024",
    ] {
        assert!(!of(text).own_day, "{text}");
    }
}

#[test]
fn standing_instructions_are_known_by_their_first_words() {
    for text in [
        "Always answer in French.",
        "Never call before 9",
        "From now on, use tabs",
        "Don't ever use emoji",
        "Nie vor neun anrufen",
    ] {
        assert!(is_standing_instruction(text), "{text}");
    }
    assert!(!is_standing_instruction("Ann always answers in French"));
}

#[test]
fn a_line_of_several_sentences_holds_only_if_each_of_them_does() {
    let says = |text: &str| Fitness::of(&crate::text::strict(text)).says;
    for text in
        ["Ann lives in Oslo. She visited Rome.", "Ann lives in Oslo. She was ill!", "Ann likes tea. Stir it well."]
    {
        assert_eq!(says(text), Says::Event, "{text}");
    }
    for text in ["Ann lives in Oslo.", "Ann lives in Oslo. Ann likes green tea."] {
        assert_eq!(says(text), Says::State, "{text}");
    }
}

#[test]
fn a_number_of_what_is_measured_anew_each_day_is_an_event_without_its_unit() {
    for text in [
        "Ann's temperature is 38.2",
        "Ann's blood pressure is 120/80",
        "My pulse is 72",
        "Ann measures 120/80",
        "Ann weighs 60",
        "My mood is good",
        "Ann's build is red",
        "The fridge of Ann is 4C",
        "Janas Blutdruck ist 120/80",
        "La tension de Marie est 120/80",
        "La presión de Ana es 120/80",
        "La pressione di Anna è 120/80",
        "A pressão da Ana é 120/80",
        "田中さんの体温は38.2です",
        "我的血压是120/80",
    ] {
        assert!(!holds(text), "{text}");
    }
    for text in ["Ann's class is 4C", "My favourite place is Rome", "Ann's goal is to sail"] {
        assert!(holds(text), "{text}");
    }
}

#[test]
fn moods_pains_and_places_pass_in_every_language() {
    for text in [
        "Ann is in severe pain",
        "Ann suffers from a cold",
        "I've a cold",
        "Ann looks tired",
        "Ann is at the Hilton",
        "Ann is in sunny Graz",
        "Ann is grumpy",
        "Ann can't sleep",
        "Ann needs a break",
        "Jana liegt im Krankenhaus",
        "Jana ist glücklich",
        "Jana hat Fieber",
        "Marie est à l'hôpital",
        "Marie est contente",
        "Ana está en el hospital",
        "Ana está bien cuando habla",
        "Anna è in ospedale",
        "Anna è felice",
        "Ana está no hospital",
        "田中さんは病院にいます",
        "我在医院",
        "我很高兴",
    ] {
        assert!(!holds(text), "{text}");
    }
    for text in [
        "Ann is proud of her garden",
        "Ann prefers cold drinks",
        "Ann plans to visit Rome",
        "Ann loves 'Home Alone'",
        "Ann likes the books of George R. R. Martin",
    ] {
        assert!(holds(text), "{text}");
    }
}

#[test]
fn one_act_is_of_its_day_in_every_language() {
    for text in [
        "Ann accepts the offer",
        "Ann attends the gala",
        "Ann defends the title",
        "Ann does the dishes",
        "Ann stands in line",
        "Jana hält einen Vortrag",
        "Jana vergisst den Schirm",
        "Marie assiste au concert",
        "Marie manque le train",
        "Ana asiste al concierto",
        "Anna dirige la riunione",
        "Ana assiste ao concerto",
    ] {
        assert!(!holds(text) || of(text).of_a_day, "{text}");
    }
}

#[test]
fn a_role_an_animal_or_a_thing_that_begins_a_line_names_nobody() {
    for text in [
        "Patient likes tea",
        "Staging runs on Postgres",
        "Puppy likes chicken",
        "Stepdad likes tea",
        "Sourdough needs flour",
        "Welpe mag Huhn",
        "Tonton aime le thé",
        "Juez tiene perro",
        "Criceto ama il latte",
        "Senhorio tem um cão",
        "患者は東京に住んでいます",
        "ボスは東京に住んでいます",
    ] {
        assert!(!of(text).names_subject, "{text}");
    }
}
