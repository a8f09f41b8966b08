//! Output formats (placeholder until the real ones land).
use crate::{change::Risk, report::Report};
use std::io::{self, Write};
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub struct HumanOptions {
    pub color: bool,
    pub verbose: bool,
    pub quiet: bool,
    pub max_risk: Risk,
    pub verb: &'static str,
}
#[allow(missing_docs)]
pub fn human(report: &Report, o: &HumanOptions, out: &mut dyn Write) -> io::Result<()> {
    for f in &report.files {
        for p in &f.problems {
            writeln!(out, "{}: {:?}", f.path, p)?;
        }
    }
    writeln!(out, "{} {:?}", o.verb, report.summary())
}
#[allow(missing_docs)]
pub fn json(report: &Report, _r: &dyn Fn(&str) -> Vec<String>) -> serde_json::Value {
    serde_json::json!(format!("{:?}", report.summary()))
}
#[allow(missing_docs)]
pub fn diff(report: &Report, out: &mut dyn Write) -> io::Result<Vec<String>> {
    for f in &report.files {
        if let Some(a) = &f.after {
            write!(
                out,
                "{}",
                similar::TextDiff::from_lines(f.before.as_str(), a.as_str())
                    .unified_diff()
                    .header(&format!("a/{}", f.path), &format!("b/{}", f.path))
            )?;
        }
    }
    Ok(vec![])
}
