//! Simulators of every vendor, over real HTTP, with the world they hold and the faults they can be told to have.
