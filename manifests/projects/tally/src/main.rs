use std::io::Read;
use std::process::ExitCode;
use std::{env, fs, io};

const HELP: &str = "usage: tally [FILE ...]\nShows the ten most frequent words of files, or of standard input.\n";

fn texts(paths: &[String]) -> io::Result<Vec<String>> {
    if paths.is_empty() {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text)?;
        return Ok(vec![text]);
    }
    paths.iter().map(fs::read_to_string).collect()
}

fn main() -> ExitCode {
    let paths: Vec<String> = env::args().skip(1).collect();
    if paths.iter().any(|path| path == "--help") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    match texts(&paths) {
        Ok(texts) => {
            for (word, number) in tally::top(tally::count_all(&texts), 10) {
                println!("{number:>7} {word}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("tally: {error}");
            ExitCode::FAILURE
        }
    }
}
