/// The `gavel` command.
module dev.gavel.cli {
  requires static org.jspecify;
  requires dev.gavel.train;
  requires java.management; // the JVM's own flags, for doctor
  requires org.apache.commons.cli;

  opens dev.gavel.cli to
      dev.gavel.train; // the options records
}
