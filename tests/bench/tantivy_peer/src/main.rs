//! tantivy_peer: Tantivy's side of `./dev bench search`. Reads a command a line, answers each with a line of JSON, as engine_bench does.
//!
//!   load FOLDER | build DIR | parts DIR N PERCENT | open DIR | query CLASS | hits CLASS     (parts: ShopEngine::BuildParts)
//!
//! The classes are those of word_cases.h; which of them it knows, `hits` says: an error ends the program, "hits": -1 is a class that it has no query for.
use std::collections::HashMap;
use std::error::Error;
use std::io::{self, BufRead, Write};
use std::ops::Bound;
use std::path::Path;
use std::time::Instant;

use tantivy::collector::{Count, TopDocs};
use tantivy::merge_policy::NoMergePolicy;
use tantivy::query::{BooleanQuery, Occur, PhraseQuery, Query, RangeQuery, TermQuery};
use tantivy::schema::{Field, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions, STRING};
use tantivy::{Index, Searcher, TantivyDocument, Term};

type Failure = Box<dyn Error>;

struct Fields {
    id: Field,
    title: Field,
    brand: Field,
    category: Field,
    price: Field,
}

fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let words = TextFieldIndexing::default().set_tokenizer("whitespace").set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let fields = Fields {
        id: builder.add_text_field("id", STRING),
        title: builder.add_text_field("title", TextOptions::default().set_indexing_options(words)),
        brand: builder.add_text_field("brand", STRING),
        category: builder.add_text_field("category", STRING),
        price: builder.add_i64_field("price", NumericOptions::default().set_indexed().set_fast()),
    };
    (builder.build(), fields)
}

/// The tokens that the other sides' analyzers give, with blanks between: words of letters and digits, Chinese characters one by one.
fn tokens(text: &str) -> String {
    let mut out = String::with_capacity(2 * text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else {
            out.push(' ');
            if !c.is_ascii() {
                out.push(c);
                out.push(' ');
            }
        }
    }
    out
}

/// The same numbers on all sides.
struct Picker(u64);

impl Picker {
    fn next(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % limit
    }
}

struct Peer {
    folder: String,
    searcher: Option<Searcher>,
    fields: Fields,
    requests: HashMap<String, Vec<Box<dyn Query>>>,
}

impl Peer {
    fn rows(&self) -> Result<impl Iterator<Item = io::Result<String>>, Failure> {
        Ok(io::BufReader::new(std::fs::File::open(Path::new(&self.folder).join("products.tsv"))?).lines())
    }

    /// `deleted`: in percent. One part without deletions is merged to one segment, whatever it took to write it.
    fn build(&self, folder: &str, parts: u64, deleted: usize) -> Result<(), Failure> {
        std::fs::create_dir_all(folder)?;
        let (schema, fields) = schema();
        let index = Index::create_in_dir(folder, schema)?;
        let mut writer = index.writer_with_num_threads::<TantivyDocument>(1, 512 << 20)?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        let count = self.rows()?.count() as u64;
        let long_ones = parts - parts / 2;
        let weight = |at: u64| 9 * at.min(long_ones) + at - at.min(long_ones);
        let end_of = |part: u64| count * weight(part + 1) / weight(parts);
        let mut part = 0;
        let mut gone = Vec::new();
        for (number, line) in self.rows()?.enumerate() {
            if number as u64 == end_of(part) {
                writer.commit()?;
                part += 1;
            }
            let line = line?;
            let row: Vec<&str> = line.split('\t').collect();
            let mut document = TantivyDocument::default();
            document.add_text(fields.id, row[0]);
            document.add_text(fields.title, tokens(row[1]));
            document.add_text(fields.brand, row[2]);
            document.add_text(fields.category, row[3]);
            document.add_i64(fields.price, row[4].parse()?);
            writer.add_document(document)?;
            if deleted > 0 && number % (100 / deleted) == 0 {
                gone.push(Term::from_field_text(fields.id, row[0]));
            }
        }
        writer.commit()?;
        for term in gone {
            writer.delete_term(term);
        }
        writer.commit()?;
        let segments = index.searchable_segment_ids()?;
        if parts == 1 && segments.len() > 1 {
            writer.merge(&segments).wait()?;
        }
        writer.wait_merging_threads()?;
        Ok(())
    }

    fn open(&mut self, folder: &str) -> Result<(), Failure> {
        self.searcher = Some(Index::open_in_dir(folder)?.reader()?.searcher());
        self.requests.clear();
        Ok(())
    }

    fn searcher(&self) -> Result<&Searcher, Failure> {
        self.searcher.as_ref().ok_or_else(|| "nothing is open".into())
    }

    fn term(&self, text: &str) -> Term {
        Term::from_field_text(self.fields.title, text)
    }

    fn term_query(&self, text: &str) -> Box<dyn Query> {
        Box::new(TermQuery::new(self.term(text), IndexRecordOption::WithFreqs))
    }

    fn words(&self) -> Result<Vec<(u32, String)>, Failure> {
        let mut frequencies: HashMap<String, u32> = HashMap::new();
        for segment in self.searcher()?.segment_readers() {
            let inverted = segment.inverted_index(self.fields.title)?;
            let mut terms = inverted.terms().stream()?;
            while terms.advance() {
                *frequencies.entry(String::from_utf8(terms.key().to_vec())?).or_default() += terms.value().doc_freq;
            }
        }
        let mut words: Vec<(u32, String)> = frequencies.into_iter().map(|(word, frequency)| (frequency, word)).collect();
        words.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        Ok(words)
    }

    /// None: no such operator here.
    fn word_query(&self, operator: &str, words: &[String], picker: &mut Picker) -> Option<Box<dyn Query>> {
        let term = |i: usize| self.term_query(&words[i]);
        let either = || Box::new(BooleanQuery::new(vec![(Occur::Should, term(0)), (Occur::Should, term(1))]));
        let clauses: Vec<(Occur, Box<dyn Query>)> = match operator {
            "term" => return Some(term(0)),
            "and" => vec![(Occur::Must, term(0)), (Occur::Must, term(1))],
            "or" => return Some(either()),
            "plus" => vec![(Occur::Must, term(0)), (Occur::Should, term(1)), (Occur::Should, term(2))],
            "not" => vec![(Occur::Must, term(0)), (Occur::MustNot, term(1))],
            "range" => {
                let low = 1000 + picker.next(8000) as i64;
                let bound = |value| Bound::Included(Term::from_field_i64(self.fields.price, value));
                vec![(Occur::Must, either()), (Occur::Must, Box::new(tantivy::query::ConstScoreQuery::new(Box::new(RangeQuery::new(bound(low), bound(3 * low))), 0.0)))]
            }
            _ => return None,
        };
        Some(Box::new(BooleanQuery::new(clauses)))
    }

    fn phrases(&self) -> Result<Vec<Box<dyn Query>>, Failure> {
        let mut out: Vec<Box<dyn Query>> = Vec::new();
        for line in std::fs::read_to_string(Path::new(&self.folder).join("queries.tsv"))?.lines() {
            let text = tokens(line.split('\t').next().unwrap_or(""));
            let terms: Vec<Term> = text.split_whitespace().map(|word| self.term(word)).collect();
            out.push(Box::new(PhraseQuery::new(terms)));
        }
        Ok(out)
    }

    fn make_requests(&self, operator: &str, band: &str) -> Result<Vec<Box<dyn Query>>, Failure> {
        if operator == "phrase" {
            return self.phrases();
        }
        let words = self.words()?;
        let (begin, end) = match band {
            "high" => (5, 50),
            "mid" => (200, 800),
            _ => (2000, 6000),
        };
        let mut picker = Picker(42);
        let mut out = Vec::new();
        for _ in 0..40 {
            let picked: Vec<String> = (0..3).map(|_| words[begin + picker.next((end - begin) as u64) as usize].1.clone()).collect();
            match self.word_query(operator, &picked, &mut picker) {
                Some(query) => out.push(query),
                None => return Ok(Vec::new()),
            }
        }
        Ok(out)
    }

    fn requests(&mut self, class: &str) -> Result<&Vec<Box<dyn Query>>, Failure> {
        if !self.requests.contains_key(class) {
            let parts: Vec<&str> = class.split('/').collect();
            let made = if parts.len() == 3 { self.make_requests(parts[1], parts[2])? } else { Vec::new() };
            self.requests.insert(class.to_string(), made);
        }
        Ok(&self.requests[class])
    }

    fn hits(&mut self, class: &str) -> Result<String, Failure> {
        let searcher = self.searcher()?.clone();
        let requests = self.requests(class)?;
        let mut hits = if requests.is_empty() { -1 } else { 0 };
        for query in requests {
            hits += query.count(&searcher)? as i64;
        }
        Ok(format!("\"hits\": {hits}"))
    }

    fn query(&mut self, class: &str) -> Result<String, Failure> {
        let searcher = self.searcher()?.clone();
        let mode = class.split('/').next().unwrap_or("").to_string();
        let mut micros = Vec::new();
        for query in self.requests(class)? {
            let start = Instant::now();
            let found = run(&searcher, query.as_ref(), &mode)?;
            micros.push(start.elapsed().as_secs_f64() * 1e6);
            std::hint::black_box(found);
        }
        let mean = micros.iter().sum::<f64>() / micros.len() as f64;
        micros.sort_by(f64::total_cmp);
        Ok(format!("\"mean_us\": {mean}, \"p50_us\": {}", micros[micros.len() / 2]))
    }

    fn run(&mut self, line: &str) -> Result<String, Failure> {
        let words: Vec<&str> = line.split(' ').collect();
        let folder = words.get(1).copied().unwrap_or("");
        match words[0] {
            "load" => self.folder = folder.to_string(),
            "build" => self.build(folder, 1, 0)?,
            "parts" => self.build(folder, words[2].parse()?, words[3].parse()?)?,
            "open" => {
                self.open(folder)?;
                return Ok(format!("\"segments\": {}", self.searcher()?.segment_readers().len()));
            }
            "query" => return self.query(folder),
            "hits" => return self.hits(folder),
            other => return Err(format!("no such command: {other}").into()),
        }
        Ok("\"ok\": 1".to_string())
    }
}

fn run(searcher: &Searcher, query: &dyn Query, mode: &str) -> Result<usize, Failure> {
    let best = |k: usize| TopDocs::with_limit(k).order_by_score();
    Ok(match mode {
        "top10" => searcher.search(query, &best(10))?.len(),
        "top100" => searcher.search(query, &best(100))?.len(),
        "top1000" => searcher.search(query, &best(1000))?.len(),
        "top100count" => searcher.search(query, &(best(100), Count))?.1,
        _ => query.count(searcher)?,
    })
}

fn main() {
    let mut peer = Peer { folder: String::new(), searcher: None, fields: schema().1, requests: HashMap::new() };
    let mut out = io::stdout();
    for line in io::stdin().lock().lines() {
        let line = line.unwrap_or_default();
        match peer.run(&line) {
            Ok(answer) => writeln!(out, "{{{answer}}}").and_then(|()| out.flush()).expect("stdout is closed"),
            Err(failure) => {
                println!("{{\"error\": \"{}\"}}", failure.to_string().replace(['"', '\\', '\n'], " "));
                std::process::exit(1);
            }
        }
    }
}
