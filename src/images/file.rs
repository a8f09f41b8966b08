//! Tables of images that the user gives.

use serde_json::Value;

use super::Facts;
use crate::config::Error;
use crate::typed::{self, Mistake, Step};
use crate::yaml::{self, Document, Lines};

/// Reads the text of a table: a list of entries.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn read(path: &str, text: &str) -> Result<Vec<Facts>, Error> {
    let lines = Lines::new(text);
    let fail = |at: usize, reason: String| Error {
        path: path.to_owned(),
        position: Some(lines.position(at)),
        reason,
    };
    let refused =
        |refusal: yaml::Refusal| fail(refusal.at, format!("{}; {}", refusal.reason, refusal.help));
    let mut all = Vec::new();
    for slice in yaml::split(text).map_err(refused)? {
        let document = Document::parse(text, &slice).map_err(refused)?;
        let value = document.value().clone();
        if value.is_null() {
            continue;
        }
        let entries = entries(value).map_err(|mistake| {
            fail(
                document.locate(&mistake.pointer()).start,
                mistake.to_string(),
            )
        })?;
        all.extend(entries);
    }
    if all.is_empty() {
        return Err(fail(
            0,
            "there is no image in this table; write `- image: NAME`".to_owned(),
        ));
    }
    Ok(all)
}

fn entries(value: Value) -> Result<Vec<Facts>, Mistake> {
    let entries: Vec<Facts> = typed::read(value)?;
    check(&entries)?;
    Ok(entries)
}

/// Checks entries one by one.
///
/// # Errors
/// The first that makes no sense.
pub(crate) fn check(entries: &[Facts]) -> Result<(), Mistake> {
    for (index, entry) in entries.iter().enumerate() {
        entry
            .check()
            .map_err(|mistake| mistake.below([Step::Index(index)]))?;
    }
    Ok(())
}
