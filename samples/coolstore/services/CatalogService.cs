namespace Coolstore;

/// <summary>A thing that the shop sells.</summary>
/// <param name="Id">Its number, from 1.</param>
/// <param name="Name">What the customer reads.</param>
/// <param name="Price">In euros.</param>
/// <param name="Department">The shelf.</param>
public sealed record Product(int Id, string Name, decimal Price, string Department);

/// <summary>Serves the products: <c>GET /items</c> all of them, <c>GET /items/ID</c> one.</summary>
public static class CatalogService
{
    private static readonly Product[] Products =
    [
        new(1, "Enamel mug", 9.50m, "kitchen"),
        new(2, "Harbour lantern", 34.00m, "garden"),
        new(3, "Oilskin jacket", 119.00m, "clothing"),
        new(4, "Tide clock", 58.75m, "instruments"),
    ];

    /// <summary>Builds the service, not started yet. Options: <c>--urls</c>.</summary>
    public static WebApplication Create(string[] options)
    {
        WebApplication app = ServiceHost.Build(options, "http://127.0.0.1:13000");
        app.MapGet("/items", () => Products);
        app.MapGet("/items/{id:int}", (int id) => Array.Find(Products, product => product.Id == id) is { } found
            ? Results.Json(found)
            : Results.NotFound());
        return app;
    }
}
