//! What is wrong with a configuration: which field, in which line, and what to do.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

/// One thing that is wrong. Never shows a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// The field, such as `merchant[0].private_key`.
    pub field: String,
    /// What is wrong and what to do.
    pub text: String,
}

/// Everything that is wrong with a configuration file.
#[derive(Debug)]
pub struct ConfigProblems {
    pub(super) file: PathBuf,
    pub(super) problems: Vec<Problem>,
}

impl ConfigProblems {
    /// Each of them, in the order of the file.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for ConfigProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Problem { line, field, text }) in self.problems.iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(f, "{end}{}:{line}: {field}: {text}", self.file.display())?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigProblems {}

/// Collects problems while a text is looked through.
pub(super) struct Notes<'a> {
    pub(super) text: &'a str,
    pub(super) problems: Vec<Problem>,
}

impl Notes<'_> {
    pub(super) fn add(&mut self, span: &Range<usize>, field: impl Into<String>, text: impl Into<String>) {
        let line = self.text[..span.start.min(self.text.len())].matches('\n').count() + 1;
        self.problems.push(Problem { line, field: field.into(), text: text.into() });
    }

    /// The value, or its problem noted.
    pub(super) fn keep<T, E: fmt::Display>(
        &mut self,
        result: Result<T, E>,
        span: &Range<usize>,
        field: impl Into<String>,
    ) -> Option<T> {
        result.map_err(|error| self.add(span, field, error.to_string())).ok()
    }
}
