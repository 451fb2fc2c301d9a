def make(out, seed):
    pass
