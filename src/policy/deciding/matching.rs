//! Assigns people to demands, so that one person counts once in the whole rule: a maximum bipartite matching with
//! capacities, by augmenting paths (Kuhn). A person who is matched once stays matched, so earlier people come first.

/// The people who fill each demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::policy) struct Matching {
    /// For each demand, the people that fill it.
    pub(in crate::policy) filled: Vec<Vec<usize>>,
    /// For each demand, the number of people that it still needs.
    pub(in crate::policy) missing: Vec<usize>,
}

impl Matching {
    /// Matches as many people as possible. `wanted[d]` is the number of people that demand `d` needs. `fits(h, d)` says
    /// whether person `h` could fill it.
    pub(in crate::policy) fn of(
        wanted: &[usize],
        humans: usize,
        fits: impl Fn(usize, usize) -> bool,
    ) -> Self {
        let mut matching = Self { filled: vec![Vec::new(); wanted.len()], missing: wanted.to_vec() };
        let mut visited = vec![false; wanted.len()];
        for human in 0..humans {
            if matching.is_complete() {
                break;
            }
            visited.fill(false);
            matching.place(human, &fits, &mut visited);
        }
        matching
    }

    /// Finds a place for a person, and moves others if they have another place. Visits each demand once, so the
    /// recursion is no deeper than the number of demands.
    fn place(&mut self, human: usize, fits: &impl Fn(usize, usize) -> bool, visited: &mut [bool]) -> bool {
        for demand in 0..self.missing.len() {
            if visited[demand] || !fits(human, demand) {
                continue;
            }
            visited[demand] = true;
            if self.missing[demand] > 0 {
                self.missing[demand] -= 1;
                self.filled[demand].push(human);
                return true;
            }
            for place in 0..self.filled[demand].len() {
                let other = self.filled[demand][place];
                if self.place(other, fits, visited) {
                    self.filled[demand][place] = human;
                    return true;
                }
            }
        }
        false
    }

    /// Whether every demand is filled.
    pub(in crate::policy) fn is_complete(&self) -> bool {
        self.missing.iter().all(|missing| *missing == 0)
    }

    /// The number of missing people.
    pub(in crate::policy) fn total_missing(&self) -> usize {
        self.missing.iter().sum()
    }

    /// The people that fill a demand, in order.
    pub(in crate::policy) fn humans(&self) -> Vec<usize> {
        let mut humans: Vec<usize> = self.filled.iter().flatten().copied().collect();
        humans.sort_unstable();
        humans
    }

    /// The demands at which one more person would bring `demand` nearer: itself, and those from which a chain of moves
    /// reaches it.
    pub(in crate::policy) fn open_towards(
        &self,
        demand: usize,
        fits: impl Fn(usize, usize) -> bool,
    ) -> Vec<usize> {
        let mut open = vec![demand];
        let mut next = 0;
        while let Some(reached) = open.get(next).copied() {
            next += 1;
            for (other, humans) in self.filled.iter().enumerate() {
                if !open.contains(&other) && humans.iter().any(|human| fits(*human, reached)) {
                    open.push(other);
                }
            }
        }
        open
    }
}
