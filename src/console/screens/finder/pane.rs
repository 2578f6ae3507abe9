//! The lines of the facets: views, then each facet with its head and values.

use super::Finder;
use crate::domain::filter::{Facet, FacetValue, Filter, Tick};

/// Values that a facet shows before `3 more`.
const SHOWN: usize = 5;

/// The pane beside the list.
#[derive(Clone, Debug, Default)]
pub(super) struct Pane {
    /// Which of the lines that can be stood on.
    pub cursor: usize,
    /// What stands there, so that new counts leave the cursor where it is.
    pub on: Option<String>,
    pub focused: bool,
    /// It was opened just now: the cursor goes to the first value, once there is one.
    pub fresh: bool,
    /// Columns whose values are all shown.
    pub unfolded: Vec<usize>,
    /// Lines above the first that is drawn.
    pub offset: usize,
    /// Lines on the screen.
    pub height: usize,
}

/// What a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Views,
    View(usize),
    Head(usize),
    Value(usize, FacetValue),
    More { column: usize, values: usize, count: usize },
    Blank,
}

/// Where the cursor is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum At {
    View(usize),
    /// Column and value.
    Value(usize, String),
    More(usize),
}

impl Line {
    pub(super) fn at(&self) -> Option<At> {
        match self {
            Line::View(at) => Some(At::View(*at)),
            Line::Value(column, value) => Some(At::Value(*column, value.value.clone())),
            Line::More { column, .. } => Some(At::More(*column)),
            Line::Views | Line::Head(_) | Line::Blank => None,
        }
    }
}

impl Finder {
    /// Name and filter of a view: those that every workspace has, then those that were saved.
    pub(super) fn view_of(&self, at: usize) -> Option<(&str, &str)> {
        match self.ready.get(at) {
            Some((name, filter)) => Some((*name, *filter)),
            None => self.views.get(at - self.ready.len()).map(|view| (view.name.as_str(), view.stand.filter.as_str())),
        }
    }

    pub(super) fn view_count(&self) -> usize {
        self.ready.len() + self.views.len()
    }

    /// The view that the list shows just now.
    pub(super) fn shown_view(&self) -> Option<usize> {
        let wanted = Filter::parse(&self.applied);
        let is = |at: &usize| self.view_of(*at).is_some_and(|(_, filter)| Filter::parse(filter) == wanted);
        (0..self.view_count()).find(is)
    }

    /// The facets, with what is ticked and no longer there. One with one value says nothing and is left out.
    pub(super) fn shown_facets(&self) -> Vec<Facet> {
        let filter = Filter::parse(&self.applied);
        let ticked = |column: usize, value: &str| filter.tick_of(&self.columns, column, value, self.today) != Tick::Any;
        let facets = self.facets.iter().flatten();
        facets
            .filter(|facet| {
                facet.values.len() > 1 || facet.values.iter().any(|value| ticked(facet.column, &value.value))
            })
            .cloned()
            .collect()
    }

    /// All lines from top to bottom.
    pub(super) fn lines(&self, pane: &Pane) -> Vec<Line> {
        let filter = Filter::parse(&self.applied);
        let mut lines = vec![Line::Views];
        lines.extend((0..self.view_count()).map(Line::View));
        for facet in self.shown_facets() {
            lines.extend([Line::Blank, Line::Head(facet.column)]);
            let all = pane.unfolded.contains(&facet.column) || facet.values.len() <= SHOWN + 1;
            let (mut values, mut count) = (0, 0);
            for (place, value) in facet.values.into_iter().enumerate() {
                let tick = filter.tick_of(&self.columns, facet.column, &value.value, self.today);
                if all || place < SHOWN || tick != Tick::Any {
                    lines.push(Line::Value(facet.column, value));
                } else {
                    values += 1;
                    count += value.count;
                }
            }
            if values > 0 {
                lines.push(Line::More { column: facet.column, values, count });
            }
        }
        lines
    }

    /// Where the cursor is.
    pub(super) fn at(&self, pane: &Pane) -> Option<At> {
        self.lines(pane).iter().filter_map(Line::at).nth(pane.cursor)
    }

    /// The name by which the cursor finds its line again.
    fn name_of(at: &At) -> String {
        match at {
            At::View(view) => format!("view {view}"),
            At::Value(column, value) => format!("value {column} {value}"),
            At::More(column) => format!("more {column}"),
        }
    }

    /// The first value, for one who has opened the facets before they were counted.
    pub(super) fn go_to_first_value(&mut self) {
        let Some(pane) = self.pane.as_ref().filter(|pane| pane.fresh) else { return };
        let first = self.lines(pane).iter().filter_map(Line::at).position(|at| matches!(at, At::Value(..)));
        if let Some(first) = first {
            if let Some(pane) = &mut self.pane {
                pane.fresh = false;
            }
            self.go(first);
        }
    }

    /// New counts have come: the cursor stays on its value, or where it was.
    pub(super) fn steady(&mut self) {
        let Some(mut pane) = self.pane.take() else { return };
        let places: Vec<String> = self.lines(&pane).iter().filter_map(Line::at).map(|at| Self::name_of(&at)).collect();
        let kept = pane.on.as_ref().and_then(|on| places.iter().position(|name| name == on));
        pane.cursor = kept.unwrap_or(pane.cursor).min(places.len().saturating_sub(1));
        // What it stood on may come back with the next counts.
        if kept.is_some() || self.facets.is_some() {
            pane.on = places.get(pane.cursor).cloned();
        }
        self.pane = Some(pane);
        self.scroll();
    }

    /// Puts the cursor on a place.
    pub(super) fn go(&mut self, place: usize) {
        let Some(mut pane) = self.pane.take() else { return };
        pane.fresh = false;
        let places: Vec<At> = self.lines(&pane).iter().filter_map(Line::at).collect();
        pane.cursor = place.min(places.len().saturating_sub(1));
        pane.on = places.get(pane.cursor).map(Self::name_of);
        self.pane = Some(pane);
        self.scroll();
    }

    /// To the first line of the next or previous facet; the views are one too.
    pub(super) fn go_to_facet(&mut self, forward: bool) {
        let Some(pane) = &self.pane else { return };
        let places: Vec<At> = self.lines(pane).iter().filter_map(Line::at).collect();
        let group = |at: &At| match at {
            At::View(_) => None,
            At::Value(column, _) | At::More(column) => Some(*column),
        };
        let mut starts: Vec<usize> = Vec::new();
        let mut before = None;
        for (place, at) in places.iter().enumerate() {
            if before != Some(group(at)) {
                starts.push(place);
            }
            before = Some(group(at));
        }
        let now = starts.partition_point(|start| *start <= pane.cursor).saturating_sub(1);
        let count = starts.len().max(1);
        let next = if forward { (now + 1) % count } else { (now + count - 1) % count };
        if let Some(start) = starts.get(next) {
            self.go(*start);
        }
    }

    fn scroll(&mut self) {
        let Some(mut pane) = self.pane.take() else { return };
        let lines = self.lines(&pane);
        let line = lines.iter().enumerate().filter(|(_, line)| line.at().is_some()).map(|(at, _)| at).nth(pane.cursor);
        let (line, height) = (line.unwrap_or(0), pane.height.max(1));
        // The head comes into view with its first value.
        let top = line
            .saturating_sub(usize::from(matches!(lines.get(line.wrapping_sub(1)), Some(Line::Head(_) | Line::Views))));
        if top < pane.offset {
            pane.offset = top;
        }
        if line >= pane.offset + height {
            pane.offset = line + 1 - height;
        }
        pane.offset = pane.offset.min(lines.len().saturating_sub(height));
        self.pane = Some(pane);
    }

    /// The pane has this number of lines on the screen.
    pub fn set_height(&mut self, lines: usize) {
        if let Some(pane) = &mut self.pane {
            pane.height = lines;
        }
        self.scroll();
    }
}
