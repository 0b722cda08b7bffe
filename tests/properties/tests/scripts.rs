//! Properties over generated scripts.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fmt;

use proptest::collection::vec;
use proptest::prelude::*;
use taskloom_domain::claim_token::CLAIM_TOKEN_PREFIX;
use taskloom_properties::hostile::exported;
use taskloom_properties::model::Model;
use taskloom_properties::script::{
    Command, OPENING_BYTES, STEP_BYTES, Step, modelled_steps, steps,
};
use taskloom_properties::surroundings::{Rules, Surroundings};
use taskloom_properties::world::{World, kind};

/// How many scripts a property plays; `TASKLOOM_SCRIPTS` asks for another number.
fn scripts() -> ProptestConfig {
    let cases = std::env::var("TASKLOOM_SCRIPTS").ok().and_then(|text| text.parse().ok());
    ProptestConfig {
        cases: cases.unwrap_or(2_500),
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
}

proptest! {
    #![proptest_config(scripts())]

    #[test]
    fn every_rule_holds_after_every_command(script in script(steps)) {
        play(Rules::Plain, &script.0);
    }

    #[test]
    fn every_rule_holds_with_every_option(script in script(steps)) {
        play(Rules::Everything, &script.0);
    }

    #[test]
    fn what_is_exported_shows_no_token(script in script(modelled_steps)) {
        let mut world = World::new(Rules::Plain);
        let mut claims = 0;
        for step in &script.0 {
            let answer = world.play_unchecked(step);
            claims += usize::from(answer.is_ok() && matches!(step.command, Command::ClaimNext { .. }));
        }
        if claims > 0 {
            let document = exported(world.store());
            prop_assert!(!document.contains(CLAIM_TOKEN_PREFIX), "{document}");
        }
    }

    #[test]
    fn the_model_foretells_every_answer(script in script(modelled_steps)) {
        play_beside_model(&script.0);
    }
}
