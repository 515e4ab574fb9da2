//! SPDX licence expressions, as far as Cargo manifests write them.

use anyhow::{Context, bail, ensure};

/// Whether a licensee may choose from `expression` so that every licence that then binds is `allowed`.
/// Understands `AND`, `OR`, `WITH`, parentheses and the older `/` for `OR`; fails on anything else.
pub fn satisfied(expression: &str, allowed: &[&str]) -> anyhow::Result<bool> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = Words { words: spaced.split_whitespace().collect(), at: 0, allowed };
    let satisfied = words.choice().with_context(|| format!("reading the licence expression \"{expression}\""))?;
    ensure!(words.at == words.words.len(), "the licence expression \"{expression}\" goes on after its end");
    Ok(satisfied)
}

/// The words of an expression, read from left to right.
struct Words<'a> {
    words: Vec<&'a str>,
    at: usize,
    allowed: &'a [&'a str],
}

impl<'a> Words<'a> {
    /// `all OR all OR …`: one of them is enough.
    fn choice(&mut self) -> anyhow::Result<bool> {
        let mut satisfied = self.all()?;
        while self.take("OR") {
            satisfied |= self.all()?;
        }
        Ok(satisfied)
    }

    /// `one AND one AND …`: `AND` binds closer than `OR`.
    fn all(&mut self) -> anyhow::Result<bool> {
        let mut satisfied = self.one()?;
        while self.take("AND") {
            satisfied &= self.one()?;
        }
        Ok(satisfied)
    }

    /// A licence, a licence with an exception, or an expression in parentheses.
    fn one(&mut self) -> anyhow::Result<bool> {
        if self.take("(") {
            let satisfied = self.choice()?;
            ensure!(self.take(")"), "a parenthesis is not closed");
            return Ok(satisfied);
        }
        let licence = self.name()?;
        let licence = if self.take("WITH") { format!("{licence} WITH {}", self.name()?) } else { licence.to_owned() };
        Ok(self.allowed.contains(&licence.as_str()))
    }

    fn name(&mut self) -> anyhow::Result<&'a str> {
        match self.words.get(self.at) {
            None | Some(&("OR" | "AND" | "WITH" | "(" | ")")) => bail!("a licence's name is missing"),
            Some(&name) => {
                self.at += 1;
                Ok(name)
            }
        }
    }

    fn take(&mut self, word: &str) -> bool {
        let taken = self.words.get(self.at) == Some(&word);
        self.at += usize::from(taken);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: [&str; 3] = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"];

    #[test]
    fn an_expression_is_satisfied_when_some_choice_binds_to_allowed_licences_only() {
        for (expression, expected) in [
            ("MIT", true),
            ("GPL-3.0-only", false),
            ("MIT OR GPL-3.0-only", true),
            ("GPL-3.0-only OR MIT", true),
            ("MIT/GPL-3.0-only", true),
            ("MIT AND GPL-3.0-only", false),
            ("MIT AND Apache-2.0", true),
            ("MIT OR Apache-2.0 AND GPL-3.0-only", true),
            ("(MIT OR Apache-2.0) AND GPL-3.0-only", false),
            ("(GPL-3.0-only AND MIT) OR (Apache-2.0 AND MIT)", true),
            ("Apache-2.0 WITH LLVM-exception OR GPL-2.0-only", true),
            ("MIT WITH LLVM-exception", false),
            ("LGPL-2.1-or-later", false),
        ] {
            assert_eq!(satisfied(expression, &ALLOWED).unwrap(), expected, "{expression}");
        }
    }

    #[test]
    fn an_expression_that_cannot_be_read_is_refused() {
        for expression in ["", "MIT OR", "OR MIT", "(MIT", "MIT)", "MIT Apache-2.0", "MIT WITH", "()"] {
            assert!(satisfied(expression, &ALLOWED).is_err(), "{expression}");
        }
    }
}
