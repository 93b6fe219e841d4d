use tally::{count, count_all, top};

#[test]
fn words_are_counted_without_regard_to_case() {
    let counts = count("The cat, the dog; THE END.");
    assert_eq!(counts["the"], 3);
    assert_eq!(counts.len(), 4);
}

#[test]
fn texts_are_added_up_and_ordered() {
    let counts = count_all(&["b a".to_string(), "b c".to_string()]);
    assert_eq!(top(counts, 2), [("b".to_string(), 2), ("a".to_string(), 1)]);
}
