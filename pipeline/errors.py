"""Errors that a user is expected to meet: one sentence each, and the exit status that goes with it."""


class UnveilError(Exception):
    """An expected failure; its text is the one sentence that the user reads."""

    exit_status = 1


class FrameError(UnveilError):
    """One frame cannot be processed; the others go on."""

    exit_status = 1


class RecipeError(UnveilError):
    """A recipe or the arguments around it are wrong; `problems` has one sentence for each mistake."""

    exit_status = 2

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems

    def __reduce__(self) -> tuple[type["RecipeError"], tuple[str, ...]]:
        return type(self), self.problems


class PluginError(UnveilError):
    """Two plugins clash, or one breaks the contract; the sentence names the origins."""

    exit_status = 3


class EnvironmentFailure(UnveilError):
    """The machine lacks something: a device, a folder that can be written, a weight file."""

    exit_status = 3
