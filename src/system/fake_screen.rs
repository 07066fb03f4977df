//! A window for tests: scripted keys, and every picture that was drawn.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use async_trait::async_trait;

use super::console::ConsoleError;
use super::screen::Event;
use super::screen::Key;
use super::screen::Line;
use super::screen::Screen;
use super::screen::Size;

/// One step of a script.
pub enum Step {
    /// The person presses a key.
    Key(Key),
    /// The window gets another size.
    Resize(Size),
    /// The person waits until the window was drawn again.
    Wait,
    /// Something happens elsewhere.
    Elsewhere(Box<dyn FnOnce() + Send>),
}

/// The script, and what was drawn.
#[derive(Default)]
pub struct Scene {
    /// The steps to come. Without any, the terminal goes away.
    pub steps: VecDeque<Step>,
    /// Every picture, without the blanks at the ends of lines.
    pub pictures: Vec<String>,
    /// Every picture with the look of each line.
    pub lines: Vec<Vec<Line>>,
    /// How often the terminal was given back for a question.
    pub left: usize,
    /// The present size. `None` for 80 columns and 24 rows.
    pub size: Option<Size>,
    is_waiting: bool,
}

/// A window that plays a script.
pub struct FakeScreen {
    scene: Arc<Mutex<Scene>>,
    is_taken: bool,
}

fn locked(scene: &Mutex<Scene>) -> MutexGuard<'_, Scene> {
    scene.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FakeScreen {
    /// A window that plays this script. `None` without any step: then there is no terminal.
    pub fn playing(scene: &Arc<Mutex<Scene>>) -> Option<Self> {
        let is_empty = locked(scene).steps.is_empty();
        (!is_empty).then(|| Self { scene: Arc::clone(scene), is_taken: false })
    }

    /// The next event, or `None` if the person waits.
    fn next(&self) -> Result<Option<Event>, ConsoleError> {
        loop {
            let mut scene = locked(&self.scene);
            match scene.steps.pop_front() {
                None => return Err(ConsoleError::Interrupted),
                Some(Step::Key(key)) => return Ok(Some(Event::Key(key))),
                Some(Step::Resize(size)) => {
                    scene.size = Some(size);
                    return Ok(Some(Event::Resized));
                }
                Some(Step::Wait) if scene.is_waiting => scene.is_waiting = false,
                Some(Step::Wait) => {
                    scene.is_waiting = true;
                    scene.steps.push_front(Step::Wait);
                    return Ok(None);
                }
                Some(Step::Elsewhere(happens)) => {
                    drop(scene);
                    happens();
                }
            }
        }
    }
}

#[async_trait]
impl Screen for FakeScreen {
    fn size(&self) -> Size {
        locked(&self.scene).size.unwrap_or(Size { columns: 80, rows: 24 })
    }

    fn draw(&mut self, lines: &[Line]) -> io::Result<()> {
        self.is_taken = true;
        let mut scene = locked(&self.scene);
        let rows: Vec<&str> = lines.iter().map(|line| line.text.trim_end()).collect();
        scene.pictures.push(rows.join("\n"));
        scene.lines.push(lines.to_vec());
        Ok(())
    }

    fn said(&mut self) -> Vec<String> {
        Vec::new()
    }

    fn leave(&mut self) {
        if std::mem::take(&mut self.is_taken) {
            locked(&self.scene).left += 1;
        }
    }

    async fn event(&mut self) -> Result<Event, ConsoleError> {
        match self.next()? {
            Some(event) => Ok(event),
            // Until the caller draws again, which abandons this wait.
            None => std::future::pending().await,
        }
    }
}
