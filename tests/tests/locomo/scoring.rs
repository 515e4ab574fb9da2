//! The score: what the dreams did, against what is known of the memory.

use serde_json::Value;

use crate::set::{Set, Shared};

/// What `score.py` said.
pub struct Score {
    said: Value,
    passed: bool,
}

/// Scores the two exports.
pub async fn score(shared: &Shared, set: &Set) -> Score {
    let [data, after, second] = [set.path(), set.exported("after"), set.exported("second")];
    let [data, after, second] = [&data, &after, &second].map(|path| path.to_str().unwrap());
    let args =
        ["--data", data, "--after", after, "--second", second, "--profile", "dup", "--gate", "--suite", "locomo"];
    let (printed, passed) = shared.python("eval/score.py", &args).await;
    let said = serde_json::from_str(&printed).unwrap_or_else(|_| panic!("score.py: {printed}"));
    Score { said, passed }
}

impl Score {
    /// The score of all users together.
    pub fn of_all(&self) -> &Value {
        &self.said["all"]
    }

    /// Every gate of the profile, and the ones that this test promises by name.
    ///
    /// # Panics
    /// Where one does not hold.
    pub fn holds(&self) {
        let all = self.of_all();
        assert!(self.passed, "gates that do not hold: {}", all["gate_failures"]);
        let recall = all["dup_recall"].as_f64().unwrap();
        assert!(recall >= 0.95, "dup_recall is {recall}");
        // A gate without a measure is passed in silence: these must have one.
        for zero in ["unsupported_lines", "protected_changed", "injection_obeyed", "second_dream_files_changed"] {
            assert_eq!(all[zero].as_i64(), Some(0), "{zero}");
        }
    }
}
