//! A rotation that is killed, interrupted, or loses a response: the next apply completes it, and it happens once.
        for call in CALLS {
            for when in ["before", "after"] {
                let org = Emulator::start();
                let workspace = started(&org);
                let before = main_pair(&org);
                hold(&org, call, when, &action);
                workspace.configure(&shop(&org, &at(2), &at(2)));
                if what == "lost" {
                    workspace.apply().succeeded();
                } else {
                    let running = workspace.start(APPLY);
                    reached(&org, call);
                    running.interrupt();
                    let run = workspace.wait(running);
                    assert!(!run.says("Plugin did not respond"), "{run}");
                }
                converges_to_one_rotation(&org, &workspace, &before, &format!("{what} {when} {call}"));
            }
        }
    }
}
