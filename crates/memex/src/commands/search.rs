//! `search`: passages that answer a question, with the words that matched.

use std::io::{self, Write};

use memex_proto::v1::{ByteRange, Passage, SearchFilesRequest};
use serde_json::json;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::{self, safe, safe_line, style};
use crate::user::UserArg;
use memex_view::PassageView;

/// What the help of `search` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex search tea in the morning
  memex search 'where does she work?' --user ada --limit 3
  memex search allergies --prefix user/health/
  memex search --json tea      as JSON: {\"passages\": […]}, best first, with scores

Any of the words may match, also in other forms or misspelt; the user's and the shared files are
searched together.";

/// Arguments of `search`.
#[derive(Debug, clap::Args)]
pub struct SearchArgs {
    /// Words, or a question
    #[arg(required = true)]
    query: Vec<String>,
    /// Only paths that begin with this, such as user/notes/ or shared/
    #[arg(long, value_name = "PREFIX", default_value = "", hide_default_value = true)]
    prefix: String,
    /// How many passages at most
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(i32).range(1..=100))]
    limit: i32,
    #[command(flatten)]
    user: UserArg,
}

/// `memex search`.
pub async fn run(context: &Context, args: SearchArgs) -> Result<(), Failure> {
    let (user_id, query) = (context.user(&args.user), args.query.join(" "));
    let request = SearchFilesRequest { user_id, query, prefix: args.prefix, limit: args.limit };
    let answer = context.call(|| async { context.memory().search_files(request.clone()).await }).await;
    let found = answer.map_err(|failure| failure.of_user(&args.user))?;
    if context.json {
        let passages: Vec<PassageView> = found.passages.into_iter().map(Into::into).collect();
        return Ok(output::json(&json!({"passages": passages}))?);
    }
    if found.passages.is_empty() {
        // Whose memory it was, only the token knows where nobody was named.
        let hint = if request.user_id.is_empty() { "; does it need --user USER?" } else { "" };
        return Ok(output::nothing(format_args!("nothing found for {}{hint}", request.query))?);
    }
    let mut out = output::out();
    for (number, passage) in found.passages.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        write_passage(&mut out, passage)?;
    }
    Ok(())
}

/// `path:lines  heading`, and the snippet below it.
fn write_passage(out: &mut impl Write, passage: &Passage) -> io::Result<()> {
    let (place, reset) = (style::PLACE.render(), style::PLACE.render_reset());
    write!(out, "{place}{}:{}{reset}", safe_line(&passage.path), lines(passage))?;
    if !passage.heading.is_empty() {
        let (faint, reset) = (style::FAINT.render(), style::FAINT.render_reset());
        write!(out, "  {faint}{}{reset}", safe_line(&passage.heading))?;
    }
    writeln!(out)?;
    let shown = highlighted(&passage.snippet, &passage.highlights);
    shown.lines().try_for_each(|line| writeln!(out, "  {line}"))
}

fn lines(passage: &Passage) -> String {
    let (first, last) = (passage.first_line, passage.last_line);
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

/// The snippet with its matching words in bold. A range that is none of the snippet's is left out.
fn highlighted(snippet: &str, highlights: &[ByteRange]) -> String {
    let (bold, reset) = (style::HEAD.render(), style::HEAD.render_reset());
    let (mut shown, mut at) = (String::new(), 0);
    for range in highlights {
        let (Ok(start), Ok(end)) = (usize::try_from(range.start), usize::try_from(range.end)) else { continue };
        if let (Some(before), Some(word)) = (snippet.get(at..start), snippet.get(start..end)) {
            shown.push_str(&format!("{}{bold}{}{reset}", safe(before), safe(word)));
            at = end;
        }
    }
    shown + &safe(&snippet[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(ranges: &[(i32, i32)]) -> Vec<ByteRange> {
        ranges.iter().map(|&(start, end)| ByteRange { start, end }).collect()
    }

    #[test]
    fn matching_words_are_bold_and_nothing_else_is_obeyed() {
        let shown = highlighted("Zoë likes tea\x1b[2J", &ranges(&[(5, 10), (11, 14)]));
        assert_eq!(shown, "Zoë \x1b[1mlikes\x1b[0m \x1b[1mtea\x1b[0m\\u{1b}[2J");
    }

    #[test]
    fn ranges_that_are_none_of_the_snippet_are_left_out() {
        for wrong in [(-1, 2), (0, 99), (2, 3), (2, 1), (9, 9)] {
            assert_eq!(highlighted("Zoë tea", &ranges(&[wrong])), "Zoë tea", "{wrong:?}");
        }
        assert_eq!(highlighted("tea", &ranges(&[(0, 3), (0, 3)])), "\x1b[1mtea\x1b[0m");
    }

    #[test]
    fn a_passage_is_its_place_its_heading_and_its_lines() {
        let passage = Passage {
            path: "user/a.md".to_owned(),
            heading: "Drinks".to_owned(),
            first_line: 3,
            last_line: 4,
            snippet: "- tea\n- milk\n".to_owned(),
            highlights: ranges(&[(2, 5)]),
            ..Passage::default()
        };
        let mut out = anstream::StripStream::new(Vec::new());
        write_passage(&mut out, &passage).unwrap();
        assert_eq!(String::from_utf8(out.into_inner()).unwrap(), "user/a.md:3-4  Drinks\n  - tea\n  - milk\n");
    }
}
