//! Counts the words of texts.

use std::collections::HashMap;
use std::thread;

/// How often each word occurs, in lower case.
pub fn count(text: &str) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        *counts.entry(word.to_lowercase()).or_insert(0) += 1;
    }
    counts
}

/// The counts of several texts together, each text in a thread of its own.
pub fn count_all(texts: &[String]) -> HashMap<String, usize> {
    let mut total = HashMap::new();
    let parts: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = texts.iter().map(|text| scope.spawn(|| count(text))).collect();
        threads.into_iter().map(|thread| thread.join().expect("counting does not panic")).collect()
    });
    for (word, number) in parts.into_iter().flatten() {
        *total.entry(word).or_insert(0) += number;
    }
    total
}

/// The `limit` most frequent words; equal ones in alphabetical order.
pub fn top(counts: HashMap<String, usize>, limit: usize) -> Vec<(String, usize)> {
    let mut words: Vec<_> = counts.into_iter().collect();
    words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    words.truncate(limit);
    words
}
