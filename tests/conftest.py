"""What all tests share."""

from hypothesis import settings

# Two loaded cores make single examples slow now and then; slowness is measured in bench/, not here.
settings.register_profile("speko", deadline=None)
settings.load_profile("speko")
