"""Programs judged by typed cases: what is expected never enters a process that the program can reach."""
