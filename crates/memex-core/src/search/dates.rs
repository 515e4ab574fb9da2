//! The months and years that a text names.

use super::words::each_word;

/// Months from 1 to 12, and years.
#[derive(Clone, Debug, Default)]
pub(super) struct Days {
    months: Vec<u32>,
    years: Vec<u32>,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Days {
    /// Reads English names, whole or short, with their capital, and numbers such as 2025-03-01.
    pub(super) fn of(text: &str) -> Self {
        let mut days = Self::default();
        let mut after_year = false;
        each_word(text, |_, word| {
            let number = Some(word).filter(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
            let number = number.and_then(|word| word.parse::<u32>().ok());
            let year = number.filter(|year| (1900..2200).contains(year));
            days.years.extend(year);
            days.months.extend(number.filter(|month| after_year && word.len() == 2 && (1..=12).contains(month)));
            after_year = year.is_some();
            let name = MONTHS.iter().position(|name| *name == word || word.len() == 3 && name.starts_with(word));
            days.months.extend(name.and_then(|i| u32::try_from(i + 1).ok()));
        });
        days
    }

    /// Whether nothing is named.
    pub(super) fn is_empty(&self) -> bool {
        self.months.is_empty() && self.years.is_empty()
    }

    /// Whether this is of the months that are asked for, if any are, and of the years.
    pub(super) fn is_of(&self, asked: &Self) -> bool {
        let of = |own: &[u32], asked: &[u32]| asked.is_empty() || asked.iter().any(|one| own.contains(one));
        of(&self.months, &asked.months) && of(&self.years, &asked.years)
    }
}

#[cfg(test)]
mod tests {
    use super::Days;

    #[test]
    fn a_day_is_of_the_month_and_the_year_that_are_asked_for_however_it_is_written() {
        let asked = Days::of("Where did they go in August 2023?");
        for day in ["date: 2023-08-09", "# 9 August 2023", "# Aug 9, 2023"] {
            assert!(Days::of(day).is_of(&asked), "{day}");
        }
        for day in ["date: 2023-09-08", "# 8 August 2022", "# In august they rest", "2023"] {
            assert!(!Days::of(day).is_of(&asked), "{day}");
        }
        assert!(Days::of("what may be 18 or 12").is_empty());
    }
}
