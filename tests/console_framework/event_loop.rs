//! The loop on a fake terminal, with paused time.

use std::time::Duration;

use crossterm::event::{Event, KeyCode, MouseButton, MouseEvent, MouseEventKind};
use onroll::console::app::msg::Ending;
use onroll::console::app::{Command, Control, ExitCode, LiveRun};
use onroll::console::runtime::SignalEvent;

use crate::support::{Running, control, key, letter};
use tokio::time::Instant;

/// A console that has its first answer.
async fn ready() -> Running {
    let mut running = Running::start();
    running.until(|told| told.screen.contains("Brasa do Porto")).await;
    running.backend.answer(0, "was unmapped");
    running.until(|told| told.screen.contains("was unmapped")).await;
    running.settle().await;
    running
}

#[tokio::test(start_paused = true)]
async fn idle_means_idle_but_for_the_minute() {
    let mut running = ready().await;
    let before = running.settle().await;
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    let after = running.settle().await;
    let (frames, wakes) = (after.frames - before.frames, after.wakes - before.wakes);
    assert!((59..=61).contains(&frames), "{frames} frames in an hour");
    assert!((59..=61).contains(&wakes), "{wakes} wake-ups in an hour");
    assert!(running.screen().contains("15:07"), "{}", running.screen());
}

#[tokio::test(start_paused = true)]
async fn the_first_frame_comes_before_the_first_answer() {
    let mut running = Running::start();
    running.until(|told| told.screen.contains("People")).await;
    assert!(running.screen().contains("reading"), "{}", running.screen());
}

#[tokio::test(start_paused = true)]
async fn a_key_is_drawn_at_once_and_data_at_most_every_33_ms() {
    let mut running = ready().await;
    let before = running.settle().await.frames;
    running.press(letter('j')).await;
    let after = running.settle().await.frames;
    assert_eq!(after - before, 1);
    for row in 1..=20 {
        running.feed.send(row).unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let burst = running.settle().await.frames - after;
    assert!(burst <= 2, "{burst} frames for 20 changes in 20 ms");
}

/// Presses `r`, waits for its question and gives the question's number.
async fn ask_again(running: &mut Running) -> usize {
    let at = running.backend.asked();
    running.press(letter('r')).await;
    while running.backend.asked() <= at {
        tokio::task::yield_now().await;
    }
    at
}

/// Longer than anything takes here that waits for nothing, shorter than the gap between frames for data.
const AT_ONCE: Duration = Duration::from_millis(5);

#[tokio::test(start_paused = true)]
async fn what_a_key_asked_for_is_drawn_as_soon_as_it_is_there() {
    let mut running = ready().await;
    let before = running.settle().await.frames;
    let at = ask_again(&mut running).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    let answered = Instant::now();
    running.backend.answer(at, "side pane");
    let after = running.settle().await;
    assert!(answered.elapsed() < AT_ONCE, "after {:?}", answered.elapsed());
    assert!(running.screen().contains("side pane"));
    assert_eq!(after.frames - before, 2, "one for the key, one for its answer");
}

#[tokio::test(start_paused = true)]
async fn what_an_answer_asks_for_belongs_to_the_same_key() {
    let mut running = ready().await;
    let at = ask_again(&mut running).await;
    let pressed = Instant::now();
    running.backend.answer(at, "more");
    while running.backend.asked() <= at + 1 {
        tokio::task::yield_now().await;
    }
    running.backend.answer(at + 1, "window of rows");
    running.settle().await;
    assert!(pressed.elapsed() < AT_ONCE, "after {:?}", pressed.elapsed());
    assert!(running.screen().contains("window of rows"));
}

#[tokio::test(start_paused = true)]
async fn what_a_command_of_a_key_answers_is_drawn_at_once() {
    let mut running = ready().await;
    let pressed = Instant::now();
    running.press(control('s')).await;
    running.settle().await;
    assert!(pressed.elapsed() < AT_ONCE, "after {:?}", pressed.elapsed());
    assert!(running.screen().contains("Saved it"), "{}", running.screen());
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_key_asked_for_waits_for_its_turn() {
    let mut running = ready().await;
    let at = ask_again(&mut running).await;
    running.press(letter('j')).await;
    running.settle_frames().await;
    let (before, answered) = (running.idle.state().frames, Instant::now());
    running.backend.answer(at, "late, but wanted");
    let after = running.settle().await;
    assert!(running.screen().contains("late, but wanted"));
    assert_eq!(after.frames - before, 1);
    assert!(answered.elapsed() > AT_ONCE, "after {:?}", answered.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_is_read_ahead_draws_nothing_at_once() {
    let mut running = ready().await;
    let at = ask_again(&mut running).await;
    running.backend.answer(at, "ahead");
    while running.backend.asked() <= at + 1 {
        tokio::task::yield_now().await;
    }
    running.until(|told| told.screen.contains("ahead")).await;
    running.settle_frames().await;
    let (before, answered) = (running.idle.state().frames, Instant::now());
    running.backend.answer(at + 1, "next");
    let after = running.settle().await;
    assert!(after.frames - before <= 1);
    assert!(after.frames == before || answered.elapsed() > AT_ONCE, "after {:?}", answered.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_held_key_draws_one_frame_for_each_press_and_each_answer_that_is_still_wanted() {
    let mut running = ready().await;
    let before = running.settle().await.frames;
    let gap = Duration::from_millis(33);
    // Answered before the key repeats: the row and its pane, nothing else.
    for _ in 0..30 {
        let at = ask_again(&mut running).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
        running.backend.answer(at, "in time");
        tokio::time::sleep(gap - Duration::from_millis(5)).await;
    }
    let in_time = running.settle().await.frames;
    assert_eq!(in_time - before, 60);
    // Answered after it: every answer but the last is outdated and draws nothing.
    let first = running.backend.asked();
    for _ in 0..30 {
        ask_again(&mut running).await;
        tokio::time::sleep(gap).await;
    }
    for at in first..first + 30 {
        running.backend.answer(at, "overtaken");
    }
    let late = running.settle().await.frames;
    assert_eq!(late - in_time, 31);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_asked_for_keeps_its_gap_also_while_keys_are_answered() {
    let mut running = ready().await;
    let before = running.settle().await.frames;
    let mut row = 0;
    for _ in 0..10 {
        running.press(letter('j')).await;
        for _ in 0..33 {
            row += 1;
            running.feed.send(row).unwrap();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    let frames = running.settle().await.frames - before;
    assert!((10..=22).contains(&frames), "{frames} frames for 10 keys and 330 changes in 330 ms");
}

#[tokio::test(start_paused = true)]
async fn a_stale_answer_changes_nothing() {
    let mut running = ready().await;
    running.press(letter('r')).await;
    running.press(letter('r')).await;
    while running.backend.asked() < 3 {
        tokio::task::yield_now().await;
    }
    running.backend.answer(2, "newest");
    running.until(|told| told.screen.contains("newest")).await;
    // The old question is still open, so the loop is not idle yet.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let before = running.idle.state().frames;
    running.backend.answer(1, "too late");
    let after = running.settle().await;
    assert_eq!(after.frames, before, "a dropped answer draws nothing");
    assert!(!running.screen().contains("too late"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_comes_is_a_problem() {
    let mut running = ready().await;
    running.press(letter('r')).await;
    while running.backend.asked() < 2 {
        tokio::task::yield_now().await;
    }
    running.backend.drop_reply(1);
    running.until(|told| told.screen.contains("✗ No answer")).await;
    assert!(running.screen().contains("was unmapped"), "the old rows stay");
}

#[tokio::test(start_paused = true)]
async fn toasts_go_by_themselves() {
    let mut running = ready().await;
    running.press(letter('u')).await;
    running.settle().await;
    assert!(running.screen().contains("✓ Linked Siobhán O’Rourke to 7719   u undo"), "{}", running.screen());
    tokio::time::sleep(Duration::from_millis(3_900)).await;
    assert!(running.screen().contains("Linked"));
    tokio::time::sleep(Duration::from_millis(200)).await;
    running.settle().await;
    assert!(!running.screen().contains("Linked"));
}

#[tokio::test(start_paused = true)]
async fn gauges_are_sampled_only_while_a_run_is_live() {
    let mut running = ready().await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(*running.backend.samples.lock().unwrap(), 0);
    let run = LiveRun { tenant: "brasa".into(), title: "run 1207".into() };
    running.control.send(Control::LiveRuns(vec![run])).await.unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let samples = *running.backend.samples.lock().unwrap();
    assert!((90..=101).contains(&samples), "{samples} samples in 10 s");
    running.control.send(Control::LiveRuns(vec![])).await.unwrap();
    running.settle().await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(*running.backend.samples.lock().unwrap() <= samples + 1);
}

#[tokio::test(start_paused = true)]
async fn signals_restore_and_end_with_their_code() {
    for (ending, code) in [
        (Ending::HangUp, ExitCode::HungUp),
        (Ending::Interrupt, ExitCode::Interrupted),
        (Ending::Terminate, ExitCode::Terminated),
    ] {
        let running = ready().await;
        let run = LiveRun { tenant: "brasa".into(), title: "run 1207".into() };
        running.control.send(Control::LiveRuns(vec![run])).await.unwrap();
        running.signals.send(SignalEvent::End(ending)).await.unwrap();
        assert_eq!(running.task.await.unwrap(), code);
        assert_eq!(running.told.lock().unwrap().restored, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_live_run_is_stopped_when_the_program_is_ended() {
    let running = ready().await;
    let run = LiveRun { tenant: "brasa".into(), title: "run 1207".into() };
    running.control.send(Control::LiveRuns(vec![run])).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    running.signals.send(SignalEvent::End(Ending::Terminate)).await.unwrap();
    running.task.await.unwrap();
    assert_eq!(*running.backend.commands.lock().unwrap(), [Command::StopAllRuns]);
}

#[tokio::test(start_paused = true)]
async fn a_terminal_that_is_gone_ends_with_129() {
    let mut by_thread = ready().await;
    by_thread.gone().await;
    assert_eq!(by_thread.task.await.unwrap(), ExitCode::HungUp);

    let mut by_channel = ready().await;
    by_channel.close_input();
    assert_eq!(by_channel.task.await.unwrap(), ExitCode::HungUp);

    let mut by_write = ready().await;
    by_write.told.lock().unwrap().fails = true;
    by_write.press(letter('j')).await;
    assert_eq!(by_write.task.await.unwrap(), ExitCode::HungUp);
}

#[tokio::test(start_paused = true)]
async fn q_leaves_with_0() {
    let mut running = ready().await;
    running.press(letter('q')).await;
    assert_eq!(running.task.await.unwrap(), ExitCode::Done);
    assert_eq!(running.told.lock().unwrap().restored, 1);
}

#[tokio::test(start_paused = true)]
async fn ctrl_z_suspends_and_everything_is_drawn_again() {
    let mut running = ready().await;
    let before = running.settle().await.frames;
    running.press(control('z')).await;
    let after = running.settle().await.frames;
    assert_eq!(running.told.lock().unwrap().suspended, 1);
    assert!(after > before);
}

#[tokio::test(start_paused = true)]
async fn continuing_after_a_foreign_stop_takes_the_terminal_again() {
    let mut running = ready().await;
    running.signals.send(SignalEvent::Continued).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    running.settle().await;
    assert_eq!(running.told.lock().unwrap().entered, 1);
}

#[tokio::test(start_paused = true)]
async fn a_smaller_window_is_one_sentence_and_keys_still_work() {
    let mut running = ready().await;
    running.told.lock().unwrap().resize_to = Some((52, 20));
    running.press(letter('j')).await;
    running.event(Event::Resize(52, 20)).await;
    running.settle().await;
    running.press(letter('j')).await;
    running.settle().await;
    assert!(running.screen().contains("Onroll needs 60x16, this is 52x20"), "{}", running.screen());
    running.press(letter('q')).await;
    assert_eq!(running.task.await.unwrap(), ExitCode::Done);
}

#[tokio::test(start_paused = true)]
async fn clicks_go_to_what_was_drawn() {
    let mut running = ready().await;
    let screen = running.screen();
    let (row, column) = screen
        .lines()
        .enumerate()
        .find_map(|(row, line)| line.split_once("M-00003").map(|(before, _)| (row, before.chars().count())))
        .unwrap();
    let click = |column, row| {
        Event::Mouse(MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column: u16::try_from(column).unwrap(),
            row: u16::try_from(row).unwrap(),
            modifiers: crossterm::event::KeyModifiers::NONE,
        })
    };
    running.event(click(column, row)).await;
    running.settle().await;
    assert!(running.screen().lines().nth(row).is_some_and(|line| line.starts_with('▸')), "{}", running.screen());
    let footer = running.screen().lines().last().map(|line| line.find("? help").unwrap()).unwrap();
    running.event(click(footer, 23)).await;
    running.settle().await;
    assert!(running.screen().contains("Help: People"), "{}", running.screen());
    running.press(key(KeyCode::Esc)).await;
    running.settle().await;
    assert!(!running.screen().contains("Help: People"));
}

#[tokio::test(start_paused = true)]
async fn the_mouse_can_be_given_back() {
    let mut running = ready().await;
    running.press(key(KeyCode::F(2))).await;
    running.press(key(KeyCode::F(2))).await;
    running.settle().await;
    assert_eq!(running.told.lock().unwrap().mouse, [false, true]);
}

#[tokio::test(start_paused = true)]
async fn five_hundred_keys_are_few_frames() {
    let mut running = ready().await;
    let before = running.settle().await.frames;
    for _ in 0..200 {
        running.press(letter('j')).await;
    }
    let frames = running.settle().await.frames - before;
    assert!(frames <= 10, "{frames} frames for a burst of 200 keys");
    assert!(running.screen().contains("M-00049"));
}

#[tokio::test(start_paused = true)]
async fn frame_times_are_written_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("frames.json");
    let log = path.clone();
    let mut running = Running::with(move |settings| settings.frame_log = Some(log));
    running.press(letter('j')).await;
    running.settle_frames().await;
    running.press(letter('q')).await;
    running.task.await.unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains("\"frames\":1"), "{text}");
    let times: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(times["settled"]["keys"], 1, "a key that asks for nothing is settled by its frame");
}
