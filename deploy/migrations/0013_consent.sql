-- What is certified on a ticket that the board has accepted already waits until it has been accepted too.
ALTER TABLE calbus.certification ADD COLUMN awaits_consent boolean NOT NULL DEFAULT false;
