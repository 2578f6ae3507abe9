-- Whether a plan is that of a run about named people is asked of every plan that a screen looks back over.
CREATE INDEX run_about_people ON run(plan) WHERE instr(scope, 'people') > 0;
