#include "deploy/cli/grammar.hpp"

#include "runtime/config/config.hpp"

namespace machine::cli {

void grammar::need_workflow(CLI::App* app, std::string& to) {
  app->add_option("file", to, "Its file, or `feature` for the built-in one")
    ->required()
    ->type_name("FILE");
}

void grammar::add_rest() {
  auto& model = block("model", "Models that can be asked");
  leaf<model_list>(model, "list",
                   "List them, with prices and whether they can be used");
  {
    auto [app, x] = leaf<model_show>(
      model, "show", "Say what a model can do and costs, and who says so");
    app->add_option("id", x->id, "Which model, or an alias of it")
      ->required()
      ->type_name("MODEL");
  }
  {
    auto [app, x] = leaf<model_import>(
      model, "import",
      "Take models and prices from LiteLLM's list, "
      "model_prices_and_context_window.json, into your catalogue");
    app->add_option("file", x->file, "The list; -: the standard input")
      ->required()
      ->type_name("FILE");
    app
      ->add_option("--provider", x->providers,
                   "Only models of this provider; may be given several times; "
                   "default: all that the catalogue has")
      ->type_name("NAME");
    app
      ->add_option("--only", x->only,
                   "Only models whose name in the list is of this form, such "
                   "as 'gpt-6*'")
      ->type_name("GLOB");
    app
      ->add_option("--into", x->into,
                   "The catalogue's file; -: the standard output; default: the "
                   "one of models.catalogue, or the standard output")
      ->type_name("FILE");
    app->add_flag("--dry-run", x->dry_run,
                  "Change no file: print what would be added, and what not");
  }
  add_decisions(model);
  auto& workflow = block("workflow", "Graphs of steps");
  {
    auto [app, x] = leaf<workflow_check>(
      workflow, "check", "Say what is wrong with a workflow's file");
    need_workflow(app, x->file);
  }
  {
    auto [app, x] =
      leaf<workflow_show>(workflow, "show", "Say what a workflow does");
    need_workflow(app, x->file);
  }
  {
    auto [app, x] = leaf<workflow_graph>(
      workflow, "graph", "Draw a workflow, for Mermaid or Graphviz");
    need_workflow(app, x->file);
    app->add_option("--format", x->format, "mermaid (the default) or dot")
      ->transform(CLI::Transformer(std::map<std::string, graph_format>{
                                     {"mermaid", graph_format::mermaid},
                                     {"dot", graph_format::dot}})
                    .description(""))
      ->type_name("FORMAT");
  }
  {
    auto [app, x] = leaf<workflow_publish>(
      workflow, "publish",
      "Give a workflow to a project, under its name and as a new version");
    app->add_option("file", x->file, "Its file")->required()->type_name("FILE");
    app->add_option("--note", x->note, "What is new")->type_name("TEXT");
    add_project_option(app, x);
  }
  {
    auto [app, x] =
      leaf<workflow_list>(workflow, "list", "List the workflows of a project");
    add_limit(app, x);
    add_project_option(app, x);
  }
  {
    auto [app, x] = leaf<workflow_versions>(workflow, "versions",
                                            "List the versions of a workflow");
    app->add_option("name", x->name, "Its name")->required()->type_name("NAME");
    add_project_option(app, x);
  }
  {
    auto [app, x] = leaf<workflow_text>(
      workflow, "text", "Print what a project has under a name");
    app->add_option("name", x->name, "Its name")->required()->type_name("NAME");
    app->add_option("--version", x->version, "Default: the newest")
      ->type_name("NUMBER");
    add_project_option(app, x);
  }
  {
    auto [app, x] = leaf<workflow_withdraw>(
      workflow, "withdraw",
      "Take a workflow off the list; its versions can be read and run still");
    app->add_option("name", x->name, "Its name")->required()->type_name("NAME");
    add_project_option(app, x);
  }
  {
    auto [app, x] = leaf<workflow_check_upgrade>(
      workflow, "check-upgrade",
      "Say whether this program goes on with what is stored as the one before "
      "would; changes nothing");
    app->add_option("run", x->runs, "Default: all that have not ended")
      ->type_name("RUN");
    app->add_flag("--ended", x->ended, "Also runs that have ended");
    app
      ->add_option("--store", x->store,
                   "A copy that `store backup` made; default: what the machine "
                   "has")
      ->type_name("DIR");
  }
  auto& config = block("config", "Configuration");
  {
    auto [app, x] = leaf<config_show>(config, "show", "Show what is in force");
    app->add_flag("--origin", x->origin, "And where each value comes from");
  }
  {
    auto [app, x] = leaf<config_check>(config, "check", "Check a file");
    app->add_option("file", x->file, "Default: the one that would be used")
      ->type_name("FILE");
  }
  leaf<config_example>(config, "example",
                       "Print a file with every key and its default");
  auto& sandbox = block("sandbox", "Where commands of agents run");
  leaf<sandbox_check>(sandbox, "check",
                      "Say whether it works here, and if not, why");
  auto& store = block("store", "What the machine remembers");
  leaf<store_verify>(store, "verify", "Check everything that is stored");
  {
    auto [app, x] =
      leaf<store_backup>(store, "backup", "Copy the store elsewhere");
    app->add_option("to", x->to, "A directory that does not exist yet")
      ->required()
      ->type_name("DIR");
  }
  {
    auto [app, x] = leaf<store_collect>(
      store, "collect", "Delete content that nobody refers to any more");
    app
      ->add_option("--grace", grace_,
                   "How long it is kept after that was found; default: "
                   "retention.blob_grace")
      ->type_name("TIME");
    finishers_.push_back([this, app = app, x = x] {
      if (!app->parsed() || !grace_)
        return;
      x->grace = config::parse_duration(*grace_);
      if (!x->grace)
        refuse("--grace: \"" + *grace_
               + "\" is no length of time; write one such as 0s, 12h or 2d");
    });
  }
}

} // namespace machine::cli
