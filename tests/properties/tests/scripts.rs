//! Properties over generated scripts.

use std::fmt;

use proptest::collection::vec;
use proptest::prelude::*;
use taskloom_properties::model::Model;
use taskloom_properties::script::{OPENING_BYTES, STEP_BYTES, Step, modelled_steps, steps};
use taskloom_properties::surroundings::{Rules, Surroundings};
use taskloom_properties::world::{World, kind};

/// How a property plays this many scripts; `TASKLOOM_SCRIPTS` asks for another
/// number.
fn scripts(count: u32) -> ProptestConfig {
    let wanted = std::env::var("TASKLOOM_SCRIPTS").ok().and_then(|text| text.parse().ok());
    ProptestConfig {
        cases: wanted.unwrap_or(count),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Steps, one on a line.
struct Script(Vec<Step>);

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|Step { who, command }| write!(f, "\n{who:?}: {command:?}"))
    }
}

/// An opening and some steps, drawn as bytes.
fn script(read: fn(&[u8]) -> Vec<Step>) -> impl Strategy<Value = Script> {
    (any::<[u8; OPENING_BYTES]>(), vec(any::<[u8; STEP_BYTES]>(), 1..40))
        .prop_map(move |(opening, steps)| Script(read(&[&opening[..], &steps.concat()].concat())))
}

fn play(rules: Rules, steps: &[Step]) {
    let mut world = World::new(rules);
    for step in steps {
        let _ = world.play(step);
    }
    world.finish();
}

fn play_beside_model(steps: &[Step]) {
    let mut world = World::new(Rules::Plain);
    let mut model = Model::default();
    let start = Surroundings::default().now();
    for step in steps {
        let answer = kind(&world.play(step));
        assert_eq!(answer, model.perform(step.command).err(), "{:?}", step.command);
        model.compare(&world, start);
    }
    world.finish();
}

proptest! {
    #![proptest_config(scripts(10_000))]

    #[test]
    fn the_model_foretells_every_answer(script in script(modelled_steps)) {
        play_beside_model(&script.0);
    }
}

// Commands and options beyond the model.
proptest! {
    #![proptest_config(scripts(5_000))]

    #[test]
    fn every_rule_holds_after_every_command(script in script(steps)) {
        play(Rules::Plain, &script.0);
    }

    #[test]
    fn every_rule_holds_with_every_option(script in script(steps)) {
        play(Rules::Everything, &script.0);
    }
}
