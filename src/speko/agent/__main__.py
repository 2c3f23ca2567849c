"""`python -m speko.agent`: one agent process. The gateway starts it, see `pool`."""

import sys

from speko.agent.conversation import AgentConversation, warm_up
from speko.agent.process import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], AgentConversation, warm_up))
