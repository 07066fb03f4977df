//! Sets of people as bits. Ten thousand people take some kilobytes, and comparing sets takes no time.

/// A set of people, by their numbers in a census.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Crowd(Vec<u64>);

impl Crowd {
    /// The empty set.
    pub const EMPTY: Self = Self(Vec::new());

    /// A set of these numbers.
    pub fn of(numbers: impl IntoIterator<Item = u32>) -> Self {
        let mut crowd = Self::default();
        numbers.into_iter().for_each(|number| crowd.insert(number));
        crowd
    }

    /// Adds a number.
    pub fn insert(&mut self, number: u32) {
        let word = number as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (number % 64);
    }

    /// Whether the set contains a number.
    pub fn holds(&self, number: u32) -> bool {
        self.0.get(number as usize / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of people in the set.
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The numbers in the set, in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().zip(0u32..).flat_map(|(word, index)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| index * 64 + bit)
        })
    }

    /// The intersection.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(one, two)| one & two).collect()).trimmed()
    }

    /// The difference: this set without the other.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let others = other.0.iter().copied().chain(std::iter::repeat(0));
        Self(self.0.iter().zip(others).map(|(one, two)| one & !two).collect()).trimmed()
    }

    /// Adds all of the other set.
    pub fn add(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(one, two)| *one |= two);
    }

    /// Removes trailing empty words, so that equal sets have equal words.
    fn trimmed(mut self) -> Self {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_equal_when_their_people_are() {
        let (low, high) = (Crowd::of([1, 63]), Crowd::of([64, 200]));
        let mut both = low.clone();
        both.add(&high);
        assert_eq!(both.iter().collect::<Vec<_>>(), [1, 63, 64, 200]);
        assert_eq!(both.without(&high), low);
        assert_eq!(both.and(&low), low);
        assert!(low.and(&high).is_empty() && !both.is_empty());
        assert_eq!(both.len(), 4);
    }
}
