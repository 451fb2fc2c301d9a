/// Training, judging and evaluating.
module dev.gavel.train {
  requires static java.sql; // Parquet only, with DuckDB's driver on the class path
  requires static org.jspecify;
  requires transitive dev.gavel.llama;

  exports dev.gavel.train.compare;
  exports dev.gavel.train.config;
  exports dev.gavel.train.data;
  exports dev.gavel.train.demo;
  exports dev.gavel.train.eval;
  exports dev.gavel.train.inspect;
  exports dev.gavel.train.judge;
  exports dev.gavel.train.loss;
  exports dev.gavel.train.model;
  exports dev.gavel.train.recipe;
  exports dev.gavel.train.report;
  exports dev.gavel.train.run;
  exports dev.gavel.train.stage;
  exports dev.gavel.train.star;
}
