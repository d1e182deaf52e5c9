module limbo

go 1.26
