"""Pure decisions: everything here is a function of its arguments; `now` is one of them."""
