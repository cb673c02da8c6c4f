"""Rocketlane: tasks in customers' projects, as a tracker."""
