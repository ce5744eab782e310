"""Training: rollouts, the buffer of questions made from them, and advantages; the losses are the back ends'."""
