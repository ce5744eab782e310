"""Rewards: pure functions from what a rollout showed to a `Score`, a number or the reason why there is none."""
