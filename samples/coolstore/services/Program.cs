using Coolstore;

const string Usage = """
    Usage: coolstore ROLE [OPTIONS]

      catalog   the products, as JSON                    (--urls http://127.0.0.1:13000)
      webapp    the shop's API, which asks the catalog    (--urls http://127.0.0.1:18080 --catalog http://127.0.0.1:13000)
      all       both, at the addresses above

    The addresses above are those of samples/coolstore/manifests/endpoints. In Kubernetes the options come from the
    environment: URLS, CATALOG.
    """;

string role = args.FirstOrDefault() ?? "";
string[] options = [.. args.Skip(1)];
switch (role)
{
    case "catalog":
        await CatalogService.Create(options).RunAsync();
        return 0;
    case "webapp":
        await WebappService.Create(options).RunAsync();
        return 0;
    case "all":
        await Task.WhenAll(CatalogService.Create([]).RunAsync(), WebappService.Create([]).RunAsync());
        return 0;
    case "-h" or "--help":
        Console.WriteLine(Usage);
        return 0;
    default:
        Console.Error.WriteLine(role.Length == 0 ? Usage : $"coolstore: no role is called \"{role}\"\n\n{Usage}");
        return 64;
}
