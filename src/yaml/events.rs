//! The events that the index is built by: those of `yaml-rust2`, and for JSON those that this file reads from the text.
//!
//! In brackets the parser queues all tokens, since what stands in them may be a key; of a JSON List that is a hundred
//! times the text. kubectl, too, reads a text that begins with a brace as JSON.

use std::str::Chars;

use serde::de::IgnoredAny;
use yaml_rust2::Event;
use yaml_rust2::parser::Parser;
use yaml_rust2::scanner::{ScanError, TScalarStyle};

use super::json;

/// The events of one document.
pub(super) enum Events<'a> {
    Yaml(Box<Parser<Chars<'a>>>),
    Json(Json<'a>),
}

impl<'a> Events<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let is_json = || serde_json::from_str::<IgnoredAny>(text).is_ok();
        if json::is_object(text) && is_json() {
            return Self::Json(Json {
                text,
                at: 0,
                depth: 0,
            });
        }
        Self::Yaml(Box::new(Parser::new_from_str(text)))
    }

    pub(super) fn next(&mut self) -> Result<Event, ScanError> {
        match self {
            Self::Yaml(parser) => parser.next_token().map(|(event, _)| event),
            Self::Json(json) => Ok(json.next()),
        }
    }
}

/// A text that is JSON for certain.
pub(super) struct Json<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Json<'_> {
    /// The next event of the object; the end of the stream after it.
    fn next(&mut self) -> Event {
        let bytes = self.text.as_bytes();
        if self.depth == 0 && self.at > 0 {
            return Event::StreamEnd;
        }
        let between = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b':');
        self.at += bytes[self.at..].iter().take_while(|it| between(it)).count();
        let start = self.at;
        self.at += 1;
        match bytes[start] {
            b'{' => {
                self.depth += 1;
                Event::MappingStart(0, None)
            }
            b'[' => {
                self.depth += 1;
                Event::SequenceStart(0, None)
            }
            b'}' => {
                self.depth -= 1;
                Event::MappingEnd
            }
            b']' => {
                self.depth -= 1;
                Event::SequenceEnd
            }
            b'"' => Event::Scalar(self.string(start), TScalarStyle::DoubleQuoted, 0, None),
            _ => {
                let is_word = |byte: &u8| !between(byte) && !matches!(byte, b'}' | b']');
                self.at = start + bytes[start..].iter().take_while(|it| is_word(it)).count();
                let word = self.text[start..self.at].to_owned();
                Event::Scalar(word, TScalarStyle::Plain, 0, None)
            }
        }
    }

    /// The value of the string that starts at a quote.
    fn string(&mut self, start: usize) -> String {
        let bytes = self.text.as_bytes();
        let mut escaped = false;
        while bytes[self.at] != b'"' {
            let is_escape = bytes[self.at] == b'\\';
            escaped |= is_escape;
            self.at += 1 + usize::from(is_escape);
        }
        self.at += 1;
        let whole = &self.text[start..self.at];
        if escaped {
            // All of the text was read so before.
            return serde_json::from_str(whole).unwrap_or_default();
        }
        whole[1..whole.len() - 1].to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut events: Events<'_>) -> Vec<Event> {
        let mut all = Vec::new();
        while all.last() != Some(&Event::StreamEnd) {
            all.push(events.next().expect("it parses"));
        }
        let frame = [Event::StreamStart, Event::DocumentStart, Event::DocumentEnd];
        all.retain(|event| !frame.contains(event));
        all
    }

    #[test]
    fn json_has_the_events_of_yaml() {
        for text in [
            "{}",
            "{}\n",
            r#"{"a":[1,-2.5e3,"x\n\u00e4 \" \\","",null,true,[],{}],"b":{"c":{"d":[[1],[2]]}}}"#,
            "{ \"a\" : [ 1 , 2 ] ,\n\t\"b\" : { \"c\" : \"}\" } }\n\n",
        ] {
            let json = Events::of(text);
            assert!(matches!(json, Events::Json(_)), "{text}");
            let yaml = Events::Yaml(Box::new(Parser::new_from_str(text)));
            assert_eq!(all(json), all(yaml), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_yaml() {
        for text in ["{a: 1}", "[1]", "{\"a\": 1} # c", "a: 1", "{\"a\": 1} {}"] {
            assert!(matches!(Events::of(text), Events::Yaml(_)), "{text}");
        }
    }
}
