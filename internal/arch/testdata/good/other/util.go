package other // TODO: another module
