use super::*;
use crate::{Rules, SourceFile};

#[test]
fn explain() {
    let rules = Rules::on(chrono::NaiveDate::from_ymd_opt(2026, 12, 1).unwrap());
    for line in std::env::var("EXPLAIN").unwrap_or_default().split('|') {
        let (path, line) = line.split_once("::").unwrap_or(("user/a.md", line));
        let file = SourceFile { path: path.into(), version: 1, text: format!("- {line}\n"), ..SourceFile::default() };
        let read = ReadFile::new(&file, &rules);
        for i in &read.identities {
            let v = &*crate::language::VOCABULARY;
            let t: Vec<_> = i.strict.reading.tongues.iter().map(|l| v.languages[l as usize].code).collect();
            println!("{line}\n  refers {} parts {:?} bar {:?} fit {:?} tongues {t:?} loose {:?}", crate::statement::refers(&i.strict.reading), i.context.parts, i.bar, i.fitness, i.loose());
            for h in &i.strict.reading.hits {
                if i.strict.reading.tongues.has(h.language) {
                    print!(" {}:{:?}[{}..{}]", v.languages[h.language as usize].code, h.list, h.first, h.end);
                }
            }
            println!();
        }
    }
}

#[test]
fn explain_file() {
    let rules = Rules::on(chrono::NaiveDate::from_ymd_opt(2026, 12, 1).unwrap());
    let Ok(path) = std::env::var("EXPLAIN_FILE") else { return };
    let text = std::fs::read_to_string(&path).unwrap();
    let inner = path.split_once("/user/").unwrap().1;
    let file = SourceFile { path: format!("user/{inner}"), version: 1, text, ..SourceFile::default() };
    let read = ReadFile::new(&file, &rules);
    for (i, id) in read.identities.iter().enumerate() {
        println!("{:?} {:?} {:?} {:?} {}", id.bar, id.fitness.says, id.fitness.names_subject, id.context.parts.iter().map(|p| &*p.text).collect::<Vec<_>>(), &read.document.statements[i].text);
    }
}

#[test]
fn explain_pair() {
    let rules = Rules::on(chrono::NaiveDate::from_ymd_opt(2026, 12, 1).unwrap());
    let (Ok(root), Ok(needle)) = (std::env::var("EXPLAIN_DIR"), std::env::var("EXPLAIN")) else { return };
    let mut files = Vec::new();
    let mut folders = vec![std::path::PathBuf::from(&root)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path); continue; }
            let inner = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            if let Ok(text) = std::fs::read_to_string(&path) { files.push(SourceFile { path: inner, version: 1, text, ..SourceFile::default() }); }
        }
    }
    let read: Vec<ReadFile<'_>> = files.iter().filter(|f| is_curated(&f.path, &f.text)).map(|f| ReadFile::new(f, &rules)).collect();
    let all: Vec<&ReadFile<'_>> = read.iter().collect();
    let places = Places::new(&all, &rules);
    let mut hits = Vec::new();
    for f in &all { for (i, id) in f.identities.iter().enumerate() { if id.strict.text.to_lowercase().contains(&needle.to_lowercase()) { hits.push((*f, i)); } } }
    for &(f, i) in &hits { let id = &f.identities[i]; println!("{} {:?} bar {:?} day {:?} source {:?} parts {:?} contested {} key {:?}", f.file.path, f.document.statements[i].lines.first, id.bar, id.day, id.source, id.context.parts.iter().map(|p| (&*p.text, p.topic)).collect::<Vec<_>>(), places.is_contested((f, i)), id.key); }
    for &a in &hits { for &b in &hits { if !(std::ptr::eq(a.0, b.0) && a.1 == b.1) { println!("{} -> {}: {:?} stay {}", a.0.file.path, b.0.file.path, grade(a, b), places.may_stay_for(a, b)); } } }
}
