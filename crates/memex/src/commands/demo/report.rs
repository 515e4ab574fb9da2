//! What the demonstration shows: for people step by step, with `--json` one value at the end.

mod json;

use std::io::{self, Write};
use std::path::Path;

use memex_proto::v1::DreamLedger;
use memex_stack::pair::Pair;

use super::account::{Account, total};
use super::decisions::{Decided, Decisions};
use super::dreams::{Applied, Dreamt};
use super::expectations::Expectations;
use super::load::Loaded;
use super::orders::Orders;
use super::pairs::{LinePair, Pairs, examples};
use super::progress::Progress;
use super::proof::Proof;
use crate::commands::access::access_table;
use crate::commands::dream::show::write_changes;
use crate::commands::files::revisions_table;
use crate::failure::Failure;
use crate::output::table::{Table, numbers, words};
use crate::output::{self, counted, ledger, style};

/// How many rows of a long table are shown.
const ROWS: usize = 8;

/// The report of what happened.
pub struct Report<'a>(pub &'a Progress);

impl Report<'_> {
    /// What runs.
    pub fn pair(&self, pair: &Pair) -> io::Result<()> {
        let running = pair.running().into_iter().map(|process| format!("{} {}", process.name, process.pid));
        let running = running.collect::<Vec<_>>().join(", ");
        self.0.step(&format!("three processes run in {}: {running}", pair.data_dir().display()))
    }

    /// One dream and its diffs.
    pub fn dream(&self, applied: &Applied) -> io::Result<()> {
        let (dream, files) = (&applied.dream, &applied.files);
        let more = if dream.more { "; its budget was at its end, so there is more to do" } else { "" };
        let (ops, changed) = (counted(applied.ops.len() as i64, "op"), counted(files.len() as i64, "file"));
        let sums = dream.ledger.as_ref().map(ledger::summary).unwrap_or_default();
        self.0.tell(|out| writeln!(out))?;
        self.0.step(&format!("{} dreamt: {ops}, {changed}; {sums}{more}", dream.user_id))?;
        self.0.tell(|mut out| write_changes(&mut out, files, true))
    }

    /// The sums, and what the dreams left.
    pub fn account(&self, dreamt: &[Dreamt], account: &Account) -> io::Result<()> {
        self.0.tell(|out| writeln!(out))?;
        self.0.step("what became of every statement of the files that dreams touched, dream by dream")?;
        self.0.tell(|mut out| ledger_table(dreamt, account).write(&mut out))?;
        let Some(shown) = &account.shown else { return Ok(()) };
        self.0.tell(|out| writeln!(out))?;
        let (revisions, rows) = (account.revisions, account.access);
        self.0.step(&format!(
            "the dreams left {} and {}; those of one dream:",
            counted(revisions as i64, "revision"),
            counted(rows as i64, "access-log row")
        ))?;
        self.0.tell(|mut out| {
            revisions_table(shown.revisions.iter().take(ROWS).cloned().collect()).write(&mut out)?;
            writeln!(out)?;
            access_table(shown.access.iter().take(ROWS).cloned().collect()).write(&mut out)?;
            let left = shown.access.len().saturating_sub(ROWS);
            if left > 0 {
                writeln!(out, "{}… and {left} more{}", style::FAINT.render(), style::FAINT.render_reset())
            } else {
                Ok(())
            }
        })
    }

    /// Some of the lines that went with what stands for them, and of those that are left to a person.
    pub fn pairs(&self, pairs: &[Pairs]) -> io::Result<()> {
        let count = |of: fn(&Pairs) -> &[LinePair]| pairs.iter().map(|person| of(person).len()).sum::<usize>();
        let went = counted(count(adopted) as i64, "line");
        self.0.tell(|out| writeln!(out))?;
        self.0.step(&format!("{went} went, because another line stands for each; for example:"))?;
        self.0.tell(|mut out| pairs_table(["went", "stays"], &examples(pairs, adopted)).write(&mut out))?;
        let left = counted(count(probable) as i64, "pair");
        self.0.tell(|out| writeln!(out))?;
        self.0
            .step(&format!("{left} of lines are probably copies, and are left to a person or a model; for example:"))?;
        self.0.tell(|mut out| pairs_table(["may go", "stays"], &examples(pairs, probable)).write(&mut out))
    }

    /// What became of the orders.
    pub fn orders(&self, orders: &Orders) -> io::Result<()> {
        let (ops, allowed) = orders.most_ops;
        let obeyed = if orders.touched.is_empty() { "none was obeyed" } else { "SOME WERE OBEYED" };
        self.0.tell(|out| writeln!(out))?;
        self.0.step(&format!(
            "{} texts in memory give orders to whoever dreams: {obeyed}. {} shared files and logs are as they were loaded, \
             {} of the texts still stand, and no dream staged more than {ops} of {allowed} ops",
            orders.given, orders.untouched, orders.standing
        ))
    }

    /// The revert and what it proves.
    pub fn proof(&self, proof: &Proof) -> io::Result<()> {
        let equal = proof.differing.is_empty();
        self.0.tell(|out| writeln!(out))?;
        self.0.step(&format!(
            "undid {}, {}'s last dream, which had changed {}",
            proof.dream_id,
            proof.user,
            counted(proof.changed as i64, "file")
        ))?;
        self.0.tell(|mut out| {
            revisions_table(proof.revisions.iter().take(ROWS).cloned().collect()).write(&mut out)?;
            let (style, said) = if equal {
                (style::ADDED, "byte for byte as before the dream")
            } else {
                (style::WRONG, "NOT as before")
            };
            let files = counted(proof.compared as i64, "file");
            writeln!(
                out,
                "\n{}{files} compared, without user/dream-log.md: {said}{}",
                style.render(),
                style.render_reset()
            )?;
            writeln!(out, "  sha256 before the dream  {}\n  sha256 after the revert  {}", proof.before, proof.after)
        })
    }

    /// What a person decided about two proposals.
    pub fn decisions(&self, decisions: &Decisions) -> io::Result<()> {
        let Decisions { approved, revisions, rejected, reason, next: (next, ended), again } = decisions;
        self.0.tell(|out| writeln!(out))?;
        let adopted = counted(*revisions as i64, "revision");
        self.0.step(&format!("a person approved {}, adopted by {adopted}; for example:", proposal(approved)))?;
        self.0.tell(|mut out| first_of(approved, ["went", "stays"]).write(&mut out))?;
        self.0.tell(|out| writeln!(out))?;
        self.0.step(&format!("a person rejected {} ({reason:?}); for example:", proposal(rejected)))?;
        self.0.tell(|mut out| first_of(rejected, ["would go", "stays"]).write(&mut out))?;
        let (style, said) = match again.len() {
            0 => (style::ADDED, "none of the rejected pairs came again".to_owned()),
            came => (style::WRONG, format!("{} CAME AGAIN", counted(came as i64, "rejected pair"))),
        };
        self.0.tell(|out| {
            writeln!(out, "\n{}the next dream, {next}, ended {ended}: {said}{}", style.render(), style.render_reset())
        })
    }

    /// Where to look next, or all of it as JSON.
    #[allow(clippy::too_many_arguments, reason = "the one place where everything comes together")]
    pub fn end(
        &self,
        kept: Option<&Path>,
        loaded: &Loaded,
        dreamt: &[Dreamt],
        account: &Account,
        pairs: &[Pairs],
        orders: &Orders,
        proof: &Proof,
        decisions: &Decisions,
        expect: &Expectations,
    ) -> Result<(), Failure> {
        if self.0.json() {
            // What is broken is said by the failure, which is the one value then.
            let value = json::value(kept, loaded, dreamt, account, pairs, orders, proof, decisions, expect);
            return if expect.broken().is_empty() { Ok(output::json(&value)?) } else { Ok(()) };
        }
        self.0.tell(|out| {
            writeln!(out)?;
            if expect.broken().is_empty() {
                let (head, reset) = (style::ADDED.render(), style::ADDED.render_reset());
                writeln!(out, "{head}all {} expectations held{reset}", expect.looked_at())?;
            }
            writeln!(out, "\nWhere to look next:")?;
            match kept {
                None => writeln!(out, "  memex demo --keep    the same, and the database stays to look around in\n  memex up             a memory of your own, kept on this machine"),
                Some(dir) => write_tour(out, dir, proof),
            }
        })?;
        Ok(())
    }
}

fn write_tour(out: &mut dyn Write, dir: &Path, proof: &Proof) -> io::Result<()> {
    let (dir, user) = (dir.display(), proof.user);
    writeln!(out, "  memex up --data-dir {dir}")?;
    writeln!(out, "and in another terminal:")?;
    writeln!(out, "  export MEMEX_TOKEN_FILE={dir}/operator.token MEMEX_USER={user}")?;
    writeln!(out, "  memex log user/dream-log.md                      who wrote it, and when")?;
    writeln!(out, "  memex dream list                                 every dream of {user}")?;
    writeln!(out, "  memex dream show {}    one of them", proof.dream_id)?;
    writeln!(out, "  memex access --actor dream-agent                 what dreams read and wrote")
}

/// Whose proposal it was, and of how many pairs.
fn proposal(decided: &Decided) -> String {
    let pairs = counted(decided.pairs.len() as i64, "probable pair");
    format!("{}'s proposal {} of {pairs}", decided.user, decided.dream_id)
}

fn first_of(decided: &Decided, names: [&str; 2]) -> Table {
    let examples: Vec<_> = decided.pairs.iter().take(1).map(|pair| (decided.user, pair)).collect();
    pairs_table(names, &examples)
}

fn adopted(pairs: &Pairs) -> &[LinePair] {
    &pairs.adopted
}

fn probable(pairs: &Pairs) -> &[LinePair] {
    &pairs.probable
}

fn pairs_table([goes, stays]: [&str; 2], pairs: &[(&str, &LinePair)]) -> Table {
    let mut table = Table::new(&[words("what"), words("line"), words("person"), words("where")]);
    for (user, pair) in pairs {
        for (what, line) in [(goes, &pair.dropped), (stays, &pair.kept)] {
            let place = format!("{}:{}", line.path, line.line);
            table.row([what.to_owned(), line.text.clone(), (*user).to_owned(), place]);
        }
    }
    table
}

fn ledger_table(dreamt: &[Dreamt], account: &Account) -> Table {
    let columns = [
        words("person"),
        numbers("dreams"),
        numbers("before"),
        numbers("kept"),
        numbers("duplicate"),
        numbers("superseded"),
        numbers("merged"),
        numbers("moved"),
        numbers("rewritten"),
        numbers("added"),
        numbers("tidied files"),
    ];
    let mut table = Table::new(&columns);
    let row = |name: &str, dreams: usize, sums: &DreamLedger| {
        let sums = [
            sums.statements_before,
            sums.kept,
            sums.duplicate,
            sums.superseded,
            sums.merged,
            sums.moved,
            sums.rewritten,
            sums.added,
            sums.tidied_files,
        ];
        let numbers = sums.map(|sum| sum.to_string());
        [name.to_owned(), dreams.to_string()].into_iter().chain(numbers).collect::<Vec<_>>()
    };
    for (person, (user, sums)) in dreamt.iter().zip(&account.ledgers) {
        table.row(row(user, person.applied.len(), sums));
    }
    let all = total(account.ledgers.iter().map(|(_, sums)| sums));
    table.row(row("all", dreamt.iter().map(|person| person.applied.len()).sum(), &all));
    table
}
