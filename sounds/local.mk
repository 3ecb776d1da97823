# sounds
