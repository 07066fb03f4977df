//! The store in SQLite: one connection writes, a few read. It uses WAL, and every commit is on disk before it returns.

use std::io;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::AssertSqlSafe;
use sqlx::Connection as _;
use sqlx::QueryBuilder;
use sqlx::Row as _;
use sqlx::SqlSafeStr;
use sqlx::Sqlite;
use sqlx::SqliteConnection;
use sqlx::SqlitePool;
use sqlx::migrate::Migration;
use sqlx::migrate::MigrationType;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::sqlite::SqliteJournalMode;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::sqlite::SqliteRow;
use sqlx::sqlite::SqliteSynchronous;

use super::Notice;
use super::Outcome;
use super::Row;
use super::Store;
use super::StoreError;
use crate::audit::Link;
use crate::grant::Digest;
use crate::system::files;

/// How many events one statement inserts: each statement is a walk to the database's thread and back.
const TOGETHER: usize = 64;
/// How many connections read at once.
const READERS: u32 = 4;

/// The log in a SQLite file.
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens the file, creates it if there is none, and migrates its schema.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        close_to_others(path).map_err(|error| StoreError::Read(sqlx::Error::Io(error)))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5))
            // The schema must not be able to run code: the broker has no triggers, so any trigger is an attacker's.
            .pragma("trusted_schema", "OFF");
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(Duration::from_secs(10))
                .idle_timeout(None)
                .max_lifetime(None)
                // The readers' pings would cost more than the reads.
                .test_before_acquire(false)
        };
        let writer = pool(1).connect_with(options.clone()).await.map_err(StoreError::Read)?;
        migrator().run(&writer).await?;
        let readers = pool(READERS).connect_with(options).await.map_err(StoreError::Read)?;
        Ok(Self { writer, readers })
    }
}

/// Restricts the database to its owner before anything is written, whatever the umask: SQLite gives its other files the
/// mode of the first. Also restricts files that an older version left.
fn close_to_others(path: &Path) -> io::Result<()> {
    files::make_private_file(path)?;
    for ending in ["-wal", "-shm", "-journal"] {
        let mut beside = path.as_os_str().to_owned();
        beside.push(ending);
        files::keep_private(Path::new(&beside))?;
    }
    Ok(())
}

/// The migrations, oldest first. Never change a released one; add the next.
fn migrator() -> Migrator {
    let migrations = [(1, "events", include_str!("migrations/0001_events.sql"))];
    Migrator::with_migrations(
        migrations
            .into_iter()
            .map(|(version, name, sql)| {
                Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
            })
            .collect(),
    )
}

const EVENT: &str = "SELECT sequence, previous, body, hash, authentication FROM events ";
const NOTICE: &str = "SELECT request, event, about, place, outcome, problem FROM notices ";

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn bytes(row: &SqliteRow, column: &str) -> Result<[u8; 32], StoreError> {
    let bytes: Vec<u8> = row.try_get(column).map_err(StoreError::Read)?;
    bytes.try_into().map_err(|_| StoreError::Damaged)
}

fn link(row: &SqliteRow) -> Result<Link, StoreError> {
    let sequence: i64 = row.try_get("sequence").map_err(StoreError::Read)?;
    Ok(Link {
        sequence: u64::try_from(sequence).map_err(|_| StoreError::Damaged)?,
        previous: bytes(row, "previous")?,
        body: row.try_get("body").map_err(StoreError::Read)?,
        hash: bytes(row, "hash")?,
        authentication: bytes(row, "authentication")?,
    })
}

fn notice(row: &SqliteRow) -> Result<Notice, StoreError> {
    let matter: Vec<u8> = row.try_get("request").map_err(StoreError::Read)?;
    let matter = data_encoding::HEXLOWER.encode(&matter).parse().map_err(|_| StoreError::Damaged)?;
    let event: i64 = row.try_get("event").map_err(StoreError::Read)?;
    let outcome: String = row.try_get("outcome").map_err(StoreError::Read)?;
    Ok(Notice {
        matter,
        event: u64::try_from(event).map_err(|_| StoreError::Damaged)?,
        about: row.try_get("about").map_err(StoreError::Read)?,
        place: row.try_get("place").map_err(StoreError::Read)?,
        outcome: match outcome.as_str() {
            "waiting" => Outcome::Waiting,
            "delivered" => Outcome::Delivered,
            _ => Outcome::Failed,
        },
        problem: row.try_get("problem").map_err(StoreError::Read)?,
    })
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Waiting => "waiting",
        Outcome::Delivered => "delivered",
        Outcome::Failed => "failed",
    }
}

async fn insert(connection: &mut SqliteConnection, notices: &[Notice]) -> Result<(), StoreError> {
    for notice in notices {
        sqlx::query("INSERT INTO notices (request, event, about, place, outcome) VALUES (?, ?, ?, ?, ?)")
            .bind(notice.matter.bytes().to_vec())
            .bind(number(notice.event))
            .bind(&notice.about)
            .bind(&notice.place)
            .bind(word(notice.outcome))
            .execute(&mut *connection)
            .await
            .map_err(StoreError::Write)?;
    }
    Ok(())
}

/// Adds notices, unless they or later ones of their kind are there. Everything or nothing.
async fn write_once(connection: &mut SqliteConnection, notices: &[Notice]) -> Result<bool, StoreError> {
    let Some(first) = notices.first() else { return Ok(false) };
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(StoreError::Write)?;
    let known = sqlx::query("SELECT 1 FROM notices WHERE request = ? AND about = ? AND event >= ? LIMIT 1")
        .bind(first.matter.bytes().to_vec())
        .bind(&first.about)
        .bind(number(first.event))
        .fetch_optional(&mut *transaction)
        .await
        .map_err(StoreError::Read)?;
    if known.is_some() {
        return Ok(false);
    }
    insert(&mut transaction, notices).await?;
    transaction.commit().await.map_err(StoreError::Write)?;
    Ok(true)
}

/// Writes the outcomes of notices, all or none.
async fn write_outcomes(connection: &mut SqliteConnection, notices: &[Notice]) -> Result<(), StoreError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(StoreError::Write)?;
    for notice in notices {
        sqlx::query(
            "UPDATE notices SET outcome = ?, problem = ? WHERE request = ? AND event = ? AND place = ?",
        )
        .bind(word(notice.outcome))
        .bind(&notice.problem)
        .bind(notice.matter.bytes().to_vec())
        .bind(number(notice.event))
        .bind(&notice.place)
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::Write)?;
    }
    transaction.commit().await.map_err(StoreError::Write)
}

/// Writes everything or nothing.
async fn write(
    connection: &mut SqliteConnection,
    rows: &[Row],
    notices: &[Notice],
) -> Result<(), StoreError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(StoreError::Write)?;
    for rows in rows.chunks(TOGETHER) {
        let mut insert = QueryBuilder::<Sqlite>::new(
            "INSERT INTO events (sequence, request, previous, body, hash, authentication) ",
        );
        insert.push_values(rows, |mut values, row| {
            values
                .push_bind(number(row.link.sequence))
                .push_bind(row.request.map(|request| request.bytes().to_vec()))
                .push_bind(row.link.previous.to_vec())
                .push_bind(row.link.body.as_slice())
                .push_bind(row.link.hash.to_vec())
                .push_bind(row.link.authentication.to_vec());
        });
        insert.build().execute(&mut *transaction).await.map_err(StoreError::Write)?;
    }
    insert(&mut transaction, notices).await?;
    transaction.commit().await.map_err(StoreError::Write)
}

#[async_trait]
impl Store for SqliteStore {
    async fn append(&self, rows: &[Row], notices: &[Notice]) -> Result<(), StoreError> {
        let mut connection = self.writer.acquire().await.map_err(StoreError::Write)?;
        let outcome = write(&mut connection, rows, notices).await;
        if outcome.is_err() {
            // On a full disk SQLite rolls back by itself and sqlx does not notice. This connection would then refuse
            // every further transaction.
            let _ = connection.close().await;
        }
        outcome
    }

    async fn note(&self, notices: &[Notice]) -> Result<bool, StoreError> {
        let mut connection = self.writer.acquire().await.map_err(StoreError::Write)?;
        let outcome = write_once(&mut connection, notices).await;
        if outcome.is_err() {
            // As in `append`.
            let _ = connection.close().await;
        }
        outcome
    }

    async fn events_after(&self, sequence: u64, limit: u32) -> Result<Vec<Link>, StoreError> {
        let sql = format!("{EVENT} WHERE sequence > ? ORDER BY sequence LIMIT ?");
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(number(sequence))
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::Read)?;
        rows.iter().map(link).collect()
    }

    async fn event(&self, sequence: u64) -> Result<Option<Link>, StoreError> {
        let sql = format!("{EVENT} WHERE sequence = ?");
        let row = sqlx::query(AssertSqlSafe(sql))
            .bind(number(sequence))
            .fetch_optional(&self.readers)
            .await
            .map_err(StoreError::Read)?;
        row.as_ref().map(link).transpose()
    }

    async fn events_of(&self, request: &Digest) -> Result<Vec<Link>, StoreError> {
        let sql = format!("{EVENT} WHERE request = ? ORDER BY sequence");
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(request.bytes().to_vec())
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::Read)?;
        rows.iter().map(link).collect()
    }

    async fn notices_of(&self, request: &Digest) -> Result<Vec<Notice>, StoreError> {
        let sql = format!("{NOTICE} WHERE request = ? ORDER BY event, place LIMIT 64");
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(request.bytes().to_vec())
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::Read)?;
        rows.iter().map(notice).collect()
    }

    async fn waiting_notices(&self, limit: u32) -> Result<Vec<Notice>, StoreError> {
        let sql = format!("{NOTICE} WHERE outcome = 'waiting' ORDER BY event, place LIMIT ?");
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(limit)
            .fetch_all(&self.readers)
            .await
            .map_err(StoreError::Read)?;
        rows.iter().map(notice).collect()
    }

    async fn settle(&self, notices: &[Notice]) -> Result<(), StoreError> {
        let mut connection = self.writer.acquire().await.map_err(StoreError::Write)?;
        let outcome = write_outcomes(&mut connection, notices).await;
        if outcome.is_err() {
            // As in `append`.
            let _ = connection.close().await;
        }
        outcome
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(sequence: u64, size: usize) -> Row {
        let link =
            Link { sequence, previous: [1; 32], body: vec![7; size], hash: [2; 32], authentication: [3; 32] };
        Row { link, request: None }
    }

    /// All files of the database belong to their owner alone, whatever the umask and their mode before.
    #[cfg(unix)]
    #[tokio::test]
    async fn the_database_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("broker.db");
        let names = ["broker.db", "broker.db-wal", "broker.db-shm"];
        let mode =
            |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
        let store = SqliteStore::open(&path).await.unwrap();
        store.append(&[row(1, 10)], &[]).await.unwrap();
        assert_eq!(names.map(mode), [0o600; 3], "of a new database");
        store.close().await;
        // The state that an older version leaves after a crash, with extra files beside the database.
        for name in names {
            let file = folder.path().join(name);
            std::fs::OpenOptions::new().append(true).create(true).open(&file).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        }
        let again = SqliteStore::open(&path).await.unwrap();
        again.append(&[row(2, 10)], &[]).await.unwrap();
        assert_eq!(names.map(mode), [0o600; 3], "of an older version's");
        again.close().await;
        let elsewhere = folder.path().join("elsewhere.db");
        std::os::unix::fs::symlink(&path, &elsewhere).unwrap();
        assert!(SqliteStore::open(&elsewhere).await.is_err(), "a link is not followed");
    }

    /// A full disk used to leave a connection that refused every later transaction until a restart of the broker.
    #[tokio::test]
    async fn a_full_database_is_written_again_once_there_is_space() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("broker.db")).await.unwrap();
        store.append(&[row(1, 10)], &[]).await.unwrap();
        // The limit applies to this connection only. The next one has space again.
        sqlx::query("PRAGMA max_page_count = 12").execute(&store.writer).await.unwrap();
        let full = store.append(&[row(2, 10), row(3, 1 << 20)], &[]).await.unwrap_err();
        assert!(full.to_string().contains("full"), "{full}");
        store.append(&[row(2, 1 << 20)], &[]).await.unwrap();
        let sequences: Vec<u64> =
            store.events_after(0, 10).await.unwrap().iter().map(|link| link.sequence).collect();
        assert_eq!(sequences, [1, 2], "nothing of what failed, all of what did not");
    }
}
