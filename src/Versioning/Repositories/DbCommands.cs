using System.Data.Common;

namespace Temper.Versioning.Repositories;

/// <summary>Parameters of plain commands.</summary>
internal static class DbCommands
{
    /// <summary>Sets a parameter, adding it the first time.</summary>
    public static DbCommand With(this DbCommand command, string name, object? value)
    {
        if (command.Parameters.Contains(name))
        {
            command.Parameters[name].Value = value ?? DBNull.Value;
            return command;
        }
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = (name, value ?? DBNull.Value);
        command.Parameters.Add(parameter);
        return command;
    }
}
