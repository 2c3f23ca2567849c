"""Mixed traffic against vendors that die and recover: every answer is judged, and the books are checked afterwards."""
