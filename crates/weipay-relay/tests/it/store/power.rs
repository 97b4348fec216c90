//! Power cuts: the database as a disk would hold it, cut at any moment of a recorded life.
//!
//! A child process keeps notifications under a shim that records every write and sync of the store's files, and what was
//! acknowledged, in one order. A cut drops what was not synced, or keeps parts of it, and the store has to open and to
//! hold every notification that had been acknowledged.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use weipay_relay::job::Attempted;
use weipay_relay::store::{Filter, Operate as _, Receipt, SqliteOptions, SqliteStore, Store as _};

use super::bench::{arrival, claim, settled};
use super::{EPOCH, at};

const WATCH: &str = "WEIPAY_POWER_WATCH";
const RECORD: &str = "WEIPAY_POWER_RECORD";
const WITHOUT_SYNC: &str = "WEIPAY_POWER_WITHOUT_SYNC";
const NOTIFICATIONS: usize = 1_200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n14_twenty_power_cuts_lose_nothing_acknowledged() {
    let life = Life::record(false);
    assert_eq!(life.survive(20, 1).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "nightly: two hundred cuts"]
async fn n14_two_hundred_power_cuts_lose_nothing_acknowledged() {
    let life = Life::record(false);
    assert_eq!(life.survive(200, 2).await, Ok(()));
}

/// The proof of the proof.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_does_not_sync_is_found_out() {
    let life = Life::record(true);
    let lost = life.survive(20, 1).await.unwrap_err();
    assert!(lost.contains("acknowledged and lost"), "{lost}");
}

/// Not a test: the process whose life is recorded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by the others"]
async fn child() {
    let Some(folder) = std::env::var_os(WATCH).map(PathBuf::from) else { return };
    let mut options = SqliteOptions::new(folder.join("relay.db"));
    if std::env::var_os(WITHOUT_SYNC).is_some() {
        options = options.unsafe_for_tests_without_sync();
    }
    let store = Arc::new(SqliteStore::open(options).await.unwrap());
    let acknowledged = Arc::new(Mutex::new(File::create(folder.join("acknowledged")).unwrap()));
    let callers: Vec<_> = (0..6)
        .map(|caller| {
            let (store, acknowledged) = (store.clone(), acknowledged.clone());
            tokio::spawn(async move {
                for number in (caller..NOTIFICATIONS).step_by(6) {
                    let case = format!("exchange/R{number}");
                    store.receive(arrival(&format!("N{number}"), &case), EPOCH).await.unwrap();
                    writeln!(acknowledged.lock().unwrap(), "{case}/decide").unwrap();
                    if number % 7 == 0 {
                        for claimed in claim(&*store, 3, at(1.0)).await {
                            let attempted = Attempted::default();
                            store.finish(claimed.lease, attempted, settled(), at(1.0)).await.unwrap();
                        }
                    }
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    // The machine ends without a word: nothing is closed.
    std::process::exit(0);
}

/// Runs a test of this binary under the shim; answers the folder that it works in.
fn run(place: &Path, test: &str, without_sync: bool) -> PathBuf {
    let (library, watched) = (place.join("shim.so"), place.join("watched"));
    std::fs::create_dir(&watched).unwrap();
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/power/shim.c");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let mut compile = Command::new(compiler);
    compile.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).args([source, "-ldl", "-lpthread"]);
    assert!(compile.status().unwrap().success(), "the shim does not compile");
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--ignored"]);
    child.env("LD_PRELOAD", &library).env(WATCH, &watched).env(RECORD, place.join("record"));
    if without_sync {
        child.env(WITHOUT_SYNC, "1");
    }
    let output = child.output().unwrap();
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success(), "{said:?}");
    watched
}

#[test]
fn a_full_disk_is_an_error_and_nothing_is_half_done() {
    let place = tempfile::tempdir().unwrap();
    run(place.path(), "store::power::child_with_a_full_disk", false);
}

/// Not a test: the process whose disk is full for a while.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by the other"]
async fn child_with_a_full_disk() {
    let Some(folder) = std::env::var_os(WATCH).map(PathBuf::from) else { return };
    let store = SqliteStore::open(SqliteOptions::new(folder.join("relay.db"))).await.unwrap();
    let receive = async |from: usize| {
        let all = (from..from + 300)
            .map(|n| store.receive(arrival(&format!("N{n}"), &format!("exchange/R{n}")), EPOCH));
        futures_util::future::join_all(all).await
    };
    assert!(receive(0).await.iter().all(Result::is_ok));
    std::fs::write(folder.join("full"), "").unwrap();
    let refused = receive(1_000).await;
    assert!(refused.iter().any(Result::is_err), "the disk was full");
    std::fs::remove_file(folder.join("full")).unwrap();
    let again = receive(1_000).await;
    assert!(
        again.iter().all(Result::is_ok),
        "there is room again: {:?}",
        again.iter().find(|one| one.is_err())
    );
    for (refused, again) in refused.iter().zip(&again) {
        let new = matches!(again, Ok(Receipt::New(_)));
        assert_eq!(new, refused.is_err(), "what was refused was not stored, what was acknowledged was");
    }
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
}

/// What happened to one file.
#[derive(Clone)]
enum Change {
    Write(u64, Vec<u8>),
    Truncate(u64),
}

enum Entry {
    Open(u64, String),
    Change(u64, Change),
    Sync(u64),
    Unlink(String),
}

struct Life {
    folder: String,
    entries: Vec<Entry>,
}

/// What a disk holds of a file: for certain, and perhaps.
#[derive(Default)]
struct Held {
    entry_synced: bool,
    synced: Vec<u8>,
    pending: Vec<Change>,
}

impl Life {
    fn record(without_sync: bool) -> Self {
        let place = tempfile::tempdir().unwrap();
        let watched = run(place.path(), "store::power::child", without_sync);
        let entries = read(&std::fs::read(place.path().join("record")).unwrap());
        let folder = watched.to_str().unwrap().to_owned();
        let life = Self { folder, entries };
        assert!(
            life.checkpoints() > 1,
            "the life was too short: nothing went from the log into the database"
        );
        life
    }

    /// How often the write-ahead log was begun anew, after what stood in it had gone into the database.
    fn checkpoints(&self) -> usize {
        let mut logs = HashSet::new();
        let mut begun = 0;
        for entry in &self.entries {
            match entry {
                Entry::Open(fd, path) if path.ends_with("-wal") => drop(logs.insert(*fd)),
                Entry::Open(fd, _) => drop(logs.remove(fd)),
                Entry::Change(fd, Change::Write(0, _)) if logs.contains(fd) => begun += 1,
                _ => {}
            }
        }
        begun
    }

    /// Cuts the power so many times; what was lost first, if anything was.
    async fn survive(&self, cuts: usize, seed: u64) -> Result<(), String> {
        let mut chance = Chance(seed);
        let mut places: Vec<usize> = (0..cuts).map(|_| chance.below(self.entries.len() + 1)).collect();
        places.sort_unstable();
        let mut disk: BTreeMap<String, Held> = BTreeMap::new();
        let mut open: HashMap<u64, String> = HashMap::new();
        let mut acknowledged = Vec::new();
        let mut done = 0;
        let mut told = 0;
        for place in places {
            for entry in &self.entries[done..place] {
                self.happens(entry, &mut disk, &mut open, &mut acknowledged);
            }
            done = place;
            let folder = tempfile::tempdir().unwrap();
            for (path, held) in &disk {
                if let Some(bytes) = held.after_a_cut(&mut chance) {
                    std::fs::write(folder.path().join(Path::new(path).file_name().unwrap()), bytes).unwrap();
                }
            }
            let keys = String::from_utf8(acknowledged.clone()).unwrap();
            // The last line may have been cut; it was acknowledged when it was complete.
            let keys: Vec<&str> =
                keys.split_inclusive('\n').filter(|key| key.ends_with('\n')).map(str::trim).collect();
            told += keys.len();
            inspect(folder.path(), &keys)
                .await
                .map_err(|lost| format!("cut before entry {place}: {lost}"))?;
        }
        if told == 0 {
            return Err("no cut came after an acknowledgement".to_owned());
        }
        Ok(())
    }

    fn happens(
        &self,
        entry: &Entry,
        disk: &mut BTreeMap<String, Held>,
        open: &mut HashMap<u64, String>,
        acknowledged: &mut Vec<u8>,
    ) {
        match entry {
            Entry::Open(fd, path) => {
                open.insert(*fd, path.clone());
                // Shared memory and locks are not durable, and the acknowledgements are the witness.
                if [".db", "-wal", "-journal"].iter().any(|end| path.ends_with(end)) {
                    disk.entry(path.clone()).or_default();
                }
            }
            Entry::Change(fd, change) => {
                let path = &open[fd];
                if let Some(held) = disk.get_mut(path) {
                    held.pending.push(change.clone());
                } else if let (true, Change::Write(_, bytes)) = (path.ends_with("acknowledged"), change) {
                    acknowledged.extend(bytes);
                }
            }
            Entry::Sync(fd) => {
                let path = &open[fd];
                if *path == self.folder {
                    for held in disk.values_mut() {
                        held.entry_synced = true;
                    }
                } else if let Some(held) = disk.get_mut(path) {
                    for change in std::mem::take(&mut held.pending) {
                        apply(&mut held.synced, &change);
                    }
                }
            }
            Entry::Unlink(path) => drop(disk.remove(path)),
        }
    }
}

impl Held {
    /// One of what the disk may hold: nothing of what was not synced, the first part of it, or some of it in parts.
    fn after_a_cut(&self, chance: &mut Chance) -> Option<Vec<u8>> {
        let kind = chance.below(3);
        if !self.entry_synced && kind == 0 {
            return None;
        }
        let mut bytes = self.synced.clone();
        let first = chance.below(self.pending.len() + 1);
        for (number, change) in self.pending.iter().enumerate() {
            match (kind, change) {
                (1, change) if number < first => apply(&mut bytes, change),
                (2, Change::Write(offset, data)) if chance.below(2) == 0 => {
                    // A disk writes whole sectors.
                    let sectors = chance.below(data.len() / 512 + 1);
                    let kept =
                        if chance.below(4) == 0 { data.len() } else { (sectors * 512).min(data.len()) };
                    apply(&mut bytes, &Change::Write(*offset, data[..kept].to_vec()));
                }
                _ => {}
            }
        }
        Some(bytes)
    }
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write(offset, data) => {
            let from = usize::try_from(*offset).unwrap();
            let to = from + data.len();
            if bytes.len() < to {
                bytes.resize(to, 0);
            }
            bytes[from..to].copy_from_slice(data);
        }
        Change::Truncate(length) => bytes.resize(usize::try_from(*length).unwrap(), 0),
    }
}

async fn inspect(folder: &Path, acknowledged: &[&str]) -> Result<(), String> {
    let options = SqliteOptions::new(folder.join("relay.db"));
    let store = SqliteStore::open(options).await.map_err(|error| format!("it does not open: {error}"))?;
    let found = store.check().await.map_err(|error| error.to_string())?;
    let all = Filter { limit: Some(u32::MAX), ..Filter::default() };
    let jobs = store.list(&all).await.map_err(|error| error.to_string())?;
    let kept: HashSet<&str> = jobs.iter().map(|job| job.work.key.as_str()).collect();
    let lost: Vec<&str> = acknowledged.iter().filter(|key| !kept.contains(*key)).copied().collect();
    // The envelopes are kept with the jobs; the newest are the ones in danger.
    for job in jobs.iter().rev().take(5) {
        if store.arrival(job.id).await.map_err(|error| error.to_string())?.is_none() {
            return Err(format!("{} is there without its notification", job.work.key));
        }
    }
    store.close().await;
    match (found.as_slice(), lost.first()) {
        ([], None) => Ok(()),
        (_, Some(key)) => Err(format!("acknowledged and lost: {} notifications, {key} first", lost.len())),
        (found, None) => Err(format!("damaged: {found:?}")),
    }
}

fn read(record: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut rest = record;
    while !rest.is_empty() {
        let (head, tail) = rest.split_at(32);
        let field = |n: usize| u64::from_le_bytes(head[n * 8..n * 8 + 8].try_into().unwrap());
        let (fd, offset, length) = (field(1), field(2), usize::try_from(field(3)).unwrap());
        let (data, tail) = tail.split_at(length);
        let text = || String::from_utf8(data.to_vec()).unwrap();
        entries.push(match u8::try_from(field(0)).unwrap() {
            b'O' => Entry::Open(fd, text()),
            b'W' => Entry::Change(fd, Change::Write(offset, data.to_vec())),
            b'T' => Entry::Change(fd, Change::Truncate(offset)),
            b'S' => Entry::Sync(fd),
            b'U' => Entry::Unlink(text()),
            other => panic!("the record has an entry {other}"),
        });
        rest = tail;
    }
    entries
}

/// The same cuts for the same seed (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        let mut state = self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        state ^= state >> 33;
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.0 = state;
        usize::try_from(state >> 33).unwrap() % end
    }
}
