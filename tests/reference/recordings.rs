//! Replays what the real tools sent.

use std::path::Path;

use kubetemper::krm::ResourceList;
use kubetemper::settings::{Override, Profile};
use libtest_mimic::{Failed, Trial};

use super::harden;

/// What Helm 3, Helm 4 and kustomize sent to a post-renderer or a function.
pub(super) fn all(shared: &Path) -> Vec<Trial> {
    let Ok(files) = std::fs::read_dir(shared.join("reference/protocols")) else {
        return Vec::new();
    };
    let mut trials = Vec::new();
    for path in files.map(|file| file.unwrap().path()) {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        trials.push(Trial::test(format!("protocol/{name}"), move || {
            recording(&text)
        }));
    }
    trials
}

/// Every line that was sent comes back, in order, and what comes back stays as it is.
fn recording(text: &str) -> Result<(), Failed> {
    let after = |text: &str| -> Result<String, Failed> {
        let file = harden(text, Profile::Restricted, Override::Nothing)?;
        Ok(file.after.unwrap_or(file.before))
    };
    let once = after(text)?;
    let mut lines = once.lines();
    if let Some(lost) = text.lines().find(|line| !lines.any(|it| it == *line)) {
        return Err(format!("{lost} is lost:\n{once}").into());
    }
    if once == text && text.contains("kind: Deployment") {
        return Err("nothing is hardened".into());
    }
    if after(&once)? != once {
        return Err("a second run changes something".into());
    }
    let Some(list) = ResourceList::read(&once) else {
        let is_list = text.contains("kind: ResourceList");
        return if is_list {
            Err("no list".into())
        } else {
            Ok(())
        };
    };
    let answer = list.with_results(vec![serde_json::json!({"message": "done"})]);
    let answer = answer.map_err(|refusal| refusal.to_string())?;
    if answer != format!("{once}results:\n- message: done\n") {
        return Err(format!("the results are elsewhere:\n{answer}").into());
    }
    Ok(())
}
