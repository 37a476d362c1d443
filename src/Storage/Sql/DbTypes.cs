using System.Data;
using System.Globalization;
using Dapper;
using Temper.Core.Ids;

namespace Temper.Storage.Sql;

/// <summary>Teaches the mapper the ids of Core, which columns hold as text.</summary>
internal static class DbTypes
{
    static DbTypes()
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        SqlMapper.AddTypeHandler(new AsText<Digest>(Digest.Parse));
        SqlMapper.AddTypeHandler(new AsText<ResourceName>(ResourceName.Parse));
        SqlMapper.AddTypeHandler(new AsText<WorkId>(WorkId.Parse));
    }

    /// <summary>Call before the first query; the work is done once per process.</summary>
    public static void Register() { }

    private sealed class AsText<T>(Func<string, T> parse) : SqlMapper.TypeHandler<T>
    {
        public override T Parse(object value) => parse(Convert.ToString(value, CultureInfo.InvariantCulture)!);

        public override void SetValue(IDbDataParameter parameter, T? value)
        {
            parameter.DbType = DbType.String;
            parameter.Value = value is null ? DBNull.Value : value.ToString();
        }
    }
}
