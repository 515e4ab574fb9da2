//! What a bench prints.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::measured::Measured;
use super::work::Work;
use crate::failure::Failure;
use crate::output;
use crate::output::table::{Table, numbers, words};

/// All contestants of one run.
#[derive(Debug)]
pub(super) struct Report {
    work: Work,
    clients: u32,
    compared: bool,
    /// The service, through its gRPC door.
    pub product: Measured,
    /// pgbench with the service's own statement.
    pub raw: Measured,
    /// pgbench with the yardstick.
    pub reference: Measured,
}

impl Report {
    pub(super) fn new(work: Work, clients: u32, compared: bool) -> Self {
        let [product, raw, reference] = [(); 3].map(|()| Measured::default());
        Self { work, clients, compared, product, raw, reference }
    }

    pub(super) fn print(&self, as_json: bool) -> Result<(), Failure> {
        if as_json {
            return Ok(output::json(&self.json())?);
        }
        Ok(self.table(&mut output::out())?)
    }

    fn json(&self) -> Value {
        let compared = |measured: &Measured| if self.compared { view(measured) } else { Value::Null };
        json!({
            "work": self.work.name(),
            "clients": self.clients,
            "ratio": self.ratio(&self.raw).map(rounded),
            "reference_ratio": self.ratio(&self.reference).map(rounded),
            "product": view(&self.product),
            "raw": compared(&self.raw),
            "reference": compared(&self.reference),
        })
    }

    /// The service's throughput in that of another.
    fn ratio(&self, other: &Measured) -> Option<f64> {
        let other = other.per_second();
        (self.compared && other > 0.0).then(|| self.product.per_second() / other)
    }

    fn table(&self, out: &mut impl Write) -> io::Result<()> {
        let mut table =
            Table::new(&[words("what"), numbers("a second"), numbers("p50 ms"), numbers("p90 ms"), numbers("p99 ms")]);
        let mut contestants = vec![("memory-api", &self.product)];
        if self.compared {
            contestants.extend([("its statement alone", &self.raw), ("the yardstick", &self.reference)]);
        }
        for (name, measured) in contestants {
            let times =
                [50, 90, 99].map(|percent| measured.percentile(percent).map_or(String::new(), |ms| format!("{ms:.2}")));
            table.row([name.to_owned(), format!("{:.0}", measured.per_second())].into_iter().chain(times));
        }
        table.write(out)?;
        for (reason, count) in &self.product.errors {
            writeln!(out, "{count} calls failed: {}", output::safe_line(reason))?;
        }
        if let (Some(ratio), Some(reference)) = (self.ratio(&self.raw), self.ratio(&self.reference)) {
            writeln!(out, "ratio {ratio:.2}, against the yardstick {reference:.2}")?;
        }
        Ok(())
    }
}

fn view(measured: &Measured) -> Value {
    json!({
        "per_s": rounded(measured.per_second()),
        "p50_ms": measured.percentile(50).map(rounded),
        "p99_ms": measured.percentile(99).map(rounded),
        "errors": measured.errors,
    })
}

/// To a hundredth: more is noise.
fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn measured(calls: usize) -> Measured {
        Measured { took: vec![2_000; calls], during: Duration::from_secs(2), ..Measured::default() }
    }

    #[test]
    fn ratios_are_of_throughput_and_absent_where_nothing_is_compared() {
        let mut report = Report::new(Work::Write, 16, true);
        report.product = measured(300);
        report.raw = measured(200);
        report.reference = measured(400);
        let json = report.json();
        assert_eq!((&json["ratio"], &json["reference_ratio"]), (&json!(1.5), &json!(0.75)));
        assert_eq!(json["raw"], json!({"per_s": 100.0, "p50_ms": 2.0, "p99_ms": 2.0, "errors": {}}));
        let alone = Report::new(Work::Read, 1, false).json();
        assert_eq!(
            (&alone["ratio"], &alone["raw"], &alone["product"]["p50_ms"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
    }
}
